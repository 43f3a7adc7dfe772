-- Listings are also filtered by country and by the day on which a key is needed.
DROP INDEX fprshipments_by_id;
DROP INDEX fprshipments_by_creation;
DROP INDEX fprshipments_by_update;
DROP INDEX fprshipments_by_deadline;
DROP INDEX fprshipments_by_next_attempt;
CREATE INDEX fprshipments_by_id ON fprshipments (
    id, phase, obstacle_class, obstacle_code, needs_human, batch, product_id, requested_by, created_at, country,
    needed_by);
CREATE INDEX fprshipments_by_creation ON fprshipments (
    created_at DESC, id, phase, obstacle_class, obstacle_code, needs_human, batch, product_id, requested_by, country,
    needed_by);
CREATE INDEX fprshipments_by_update ON fprshipments (
    updated_at DESC, id, phase, obstacle_class, obstacle_code, needs_human, batch, product_id, requested_by, country,
    needed_by);
CREATE INDEX fprshipments_by_deadline ON fprshipments (
    ifnull(deadline, '~'), id, phase, obstacle_class, obstacle_code, needs_human, batch, product_id, requested_by, country,
    needed_by);
CREATE INDEX fprshipments_by_next_attempt ON fprshipments (
    ifnull(next_attempt, '~'), id, phase, obstacle_class, obstacle_code, needs_human, batch, product_id, requested_by, country,
    needed_by);
CREATE INDEX fprshipments_by_need ON fprshipments (
    needed_by, id, phase, obstacle_class, obstacle_code, requested_by) WHERE needed_by IS NOT NULL;
