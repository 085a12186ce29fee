-- Phone numbers are matched by their newest form, see ../../sqlite/migrations/0008_aliases.sql. Citus never updates a
-- distribution column: rows of that kind are inserted anew and deleted.
CREATE FUNCTION newest_form(number TEXT) RETURNS TEXT LANGUAGE SQL IMMUTABLE AS $$
    SELECT CASE
        WHEN number LIKE '+521%' AND length(number) = 14 THEN '+52' || substr(number, 5)
        WHEN number ~ '^[+]55..[6-9]' AND length(number) = 13
            THEN substr(number, 1, 5) || '9' || substr(number, 6)
        WHEN number LIKE '+549%' AND length(number) = 14 THEN '+54' || substr(number, 5)
        WHEN number LIKE '+229%' AND length(number) = 12 THEN '+22901' || substr(number, 5)
    END
$$;

-- Programs of before would look for such a number in its old form.
UPDATE consentry_schema SET works_with = 5 WHERE id = 1 AND works_with < 5 AND (
    EXISTS (SELECT 1 FROM address_key WHERE namespace = 2 AND newest_form(key) IS NOT NULL)
    OR EXISTS (SELECT 1 FROM suppression WHERE namespace = 'phone' AND newest_form(value) IS NOT NULL)
    OR EXISTS (SELECT 1 FROM allow_entry WHERE namespace = 'phone' AND newest_form(value) IS NOT NULL)
);

-- An address keeps its key where another has the new one.
INSERT INTO address_key (key, namespace, workspace, address, profile)
    SELECT newest_form(key), namespace, workspace, address, profile FROM address_key
    WHERE namespace = 2 AND newest_form(key) IS NOT NULL
    ON CONFLICT (key, namespace, workspace) DO NOTHING;
UPDATE address SET raw = coalesce(raw, key), key = newest_form(key)
    WHERE namespace = 2 AND newest_form(key) IS NOT NULL
    AND (id, newest_form(key)) IN (SELECT address, key FROM address_key WHERE namespace = 2);
DELETE FROM address_key WHERE namespace = 2 AND newest_form(key) IS NOT NULL AND address IN (
    SELECT address FROM address_key WHERE namespace = 2 GROUP BY address HAVING count(*) > 1);

INSERT INTO suppression
    (value, namespace, workspace, category, reason, added_by, added_at, updated_at, expires_at, place)
    SELECT newest_form(value), namespace, workspace, category, reason, added_by, added_at, updated_at, expires_at, place
    FROM suppression WHERE namespace = 'phone' AND newest_form(value) IS NOT NULL
    ON CONFLICT (workspace, namespace, value, category) DO UPDATE SET expires_at =
        CASE WHEN suppression.expires_at IS NOT NULL AND excluded.expires_at IS NOT NULL
            THEN greatest(suppression.expires_at, excluded.expires_at) END;
DELETE FROM suppression WHERE namespace = 'phone' AND newest_form(value) IS NOT NULL
    AND value NOT IN (SELECT key FROM address_key WHERE namespace = 2 AND newest_form(key) IS NOT NULL);
INSERT INTO allow_entry (value, namespace, workspace, added_at, comment, added_by)
    SELECT newest_form(value), namespace, workspace, added_at, comment, added_by
    FROM allow_entry WHERE namespace = 'phone' AND newest_form(value) IS NOT NULL
    ON CONFLICT (value, namespace, workspace) DO NOTHING;
DELETE FROM allow_entry WHERE namespace = 'phone' AND newest_form(value) IS NOT NULL
    AND value NOT IN (SELECT key FROM address_key WHERE namespace = 2 AND newest_form(key) IS NOT NULL);
DROP FUNCTION newest_form(TEXT);
