-- Numbers of before the newest form was their key, and what becomes of them.
CREATE TABLE before_address (id BIGINT, namespace SMALLINT, key TEXT, raw TEXT, new_key TEXT, new_raw TEXT);
INSERT INTO before_address VALUES
    (1, 2, '+5215512345678', NULL, '+525512345678', '+5215512345678'),
    (2, 2, '+551187654321', NULL, '+5511987654321', '+551187654321'),
    (3, 2, '+5491112345678', NULL, '+541112345678', '+5491112345678'),
    (4, 2, '+22997123456', NULL, '+2290197123456', '+22997123456'),
    -- Fixed lines, new forms, other lengths, other countries, other namespaces.
    (5, 2, '+551132654321', NULL, '+551132654321', NULL),
    (6, 2, '+5511976543210', NULL, '+5511976543210', NULL),
    (7, 2, '+525587654321', NULL, '+525587654321', NULL),
    (8, 2, '+521551234567', NULL, '+521551234567', NULL),
    (9, 2, '+15215551234', NULL, '+15215551234', NULL),
    (10, 2, '+2290190000000', NULL, '+2290190000000', NULL),
    (11, 1, '+5215512345678', 'Raw', '+5215512345678', 'Raw'),
    -- Somebody else has the new one.
    (12, 2, '+525511110000', NULL, '+525511110000', NULL),
    (13, 2, '+5215511110000', NULL, '+5215511110000', NULL);
INSERT INTO suppression (workspace, namespace, value, category, reason, added_by, added_at, expires_at) VALUES
    (1, 'phone', '+5215512345678', 1, 'r', 'b', 5, NULL),
    (1, 'phone', '+525512345678', 1, 'r', 'b', 5, 60),
    (1, 'phone', '+525512345678', 2, 'r', 'b', 5, 70),
    (1, 'phone', '+551187654321', 1, 'r', 'b', 5, 80),
    (1, 'phone', '+5215511110000', 1, 'r', 'b', 5, 99),
    (1, 'email', '+5215512345678@x.example', 1, 'r', 'b', 5, NULL);
INSERT INTO allow_entry (workspace, namespace, value, added_at) VALUES
    (1, 'phone', '+5491112345678', 5), (1, 'phone', '+541112345678', 6), (1, 'phone', '+4930123456', 5);
