-- Columns for listings. Rows of earlier versions get the tracking number with their next change.
ALTER TABLE fprshipments ADD COLUMN tracking_number TEXT;
ALTER TABLE fprshipments ADD COLUMN requested_by TEXT NOT NULL DEFAULT '';
ALTER TABLE fprshipments ADD COLUMN needs_human INTEGER NOT NULL DEFAULT 0;

UPDATE fprshipments SET
    requested_by = (record ->> '$.requested_by.application')
        || ifnull(' ' || (record ->> '$.requested_by.user.object_id'), ''),
    needs_human = phase = 'unconfirmed' OR ifnull(obstacle_class IN ('attention', 'final'), 0)
    WHERE json_valid(record) AND (record ->> '$.requested_by.application') IS NOT NULL;

-- One index for each order of a listing. Each also contains the columns that listings are filtered by, so that a
-- listing reads the table only for the rows that it returns.
DROP INDEX fprshipments_by_obstacle;
DROP INDEX fprshipments_by_batch;
DROP INDEX fprshipments_by_product;
DROP INDEX fprshipments_by_creation;
DROP INDEX fprshipments_by_update;
DROP INDEX fprshipments_by_deadline;
DROP INDEX fprshipments_by_next_attempt;
CREATE INDEX fprshipments_by_id ON fprshipments (
    id, phase, obstacle_class, obstacle_code, needs_human, batch, product_id, requested_by, created_at);
CREATE INDEX fprshipments_by_creation ON fprshipments (
    created_at DESC, id, phase, obstacle_class, obstacle_code, needs_human, batch, product_id, requested_by);
CREATE INDEX fprshipments_by_update ON fprshipments (
    updated_at DESC, id, phase, obstacle_class, obstacle_code, needs_human, batch, product_id, requested_by);
-- '~' sorts after every time.
CREATE INDEX fprshipments_by_deadline ON fprshipments (
    ifnull(deadline, '~'), id, phase, obstacle_class, obstacle_code, needs_human, batch, product_id, requested_by);
CREATE INDEX fprshipments_by_next_attempt ON fprshipments (
    ifnull(next_attempt, '~'), id, phase, obstacle_class, obstacle_code, needs_human, batch, product_id, requested_by);
