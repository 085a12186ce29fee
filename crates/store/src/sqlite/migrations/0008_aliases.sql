-- Phone numbers whose form has changed are matched by the newest one (consent::Address): +521 and ten digits, a Brazilian
-- mobile of eight digits, +549 and ten digits, +229 and eight digits. What was kept before is brought into that form.
CREATE TEMP TABLE phone_alias (old TEXT PRIMARY KEY, new TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO phone_alias (old, new) SELECT old, new FROM (
    SELECT old, CASE
        WHEN old GLOB '+521*' AND length(old) = 14 THEN '+52' || substr(old, 5)
        WHEN old GLOB '+55??[6-9]*' AND length(old) = 13 THEN substr(old, 1, 5) || '9' || substr(old, 6)
        WHEN old GLOB '+549*' AND length(old) = 14 THEN '+54' || substr(old, 5)
        WHEN old GLOB '+229*' AND length(old) = 12 THEN '+22901' || substr(old, 5)
    END AS new FROM (
        SELECT key AS old FROM address WHERE namespace = 2
        UNION SELECT value FROM suppression WHERE namespace = 'phone'
        UNION SELECT value FROM allow_entry WHERE namespace = 'phone'
    )
) WHERE new IS NOT NULL;

-- An address keeps its key where another has the new one.
UPDATE address SET raw = coalesce(raw, key), key = (SELECT new FROM phone_alias WHERE old = key)
    WHERE namespace = 2 AND key IN (SELECT old FROM phone_alias) AND NOT EXISTS (
        SELECT 1 FROM address AS other WHERE other.workspace = address.workspace AND other.namespace = 2
            AND other.key = (SELECT new FROM phone_alias WHERE old = address.key)
    );

-- Of two entries that become one, the later expiry counts. Where an address keeps its key, its entries stay, too.
INSERT INTO suppression (workspace, namespace, value, category, reason, added_by, added_at, updated_at, expires_at)
    SELECT workspace, namespace, new, category, reason, added_by, added_at, updated_at, expires_at
    FROM suppression JOIN phone_alias ON old = value WHERE namespace = 'phone'
    ON CONFLICT (workspace, namespace, value, category) DO UPDATE SET expires_at =
        CASE WHEN suppression.expires_at IS NOT NULL AND excluded.expires_at IS NOT NULL
            THEN max(suppression.expires_at, excluded.expires_at) END;
DELETE FROM suppression WHERE namespace = 'phone' AND value IN (SELECT old FROM phone_alias)
    AND value NOT IN (SELECT key FROM address WHERE namespace = 2 AND key IN (SELECT old FROM phone_alias));
INSERT INTO allow_entry (workspace, namespace, value, added_at, comment, added_by)
    SELECT workspace, namespace, new, added_at, comment, added_by
    FROM allow_entry JOIN phone_alias ON old = value WHERE namespace = 'phone'
    ON CONFLICT (workspace, namespace, value) DO NOTHING;
DELETE FROM allow_entry WHERE namespace = 'phone' AND value IN (SELECT old FROM phone_alias)
    AND value NOT IN (SELECT key FROM address WHERE namespace = 2 AND key IN (SELECT old FROM phone_alias));
DROP TABLE phone_alias;
