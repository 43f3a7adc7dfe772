//! Orders: the roll-out by batches, and single ones.

use std::sync::Arc;

use keyferry_domain::{BatchId, BatchStateName, Order, OrderInfo, PinLength, RowOrder, RowState, UserRef};
use keyferry_engine::{BatchError, CreateError, CreateRequest, QueueRequest, UploadRow};
use keyferry_testkit::outside::lock;

use super::Life;
use super::asking::caller;

/// Most rows of a batch.
const ROWS: usize = 2_000;

impl Life {
    /// Begins the batches of the roll-out that are due in this hour. The roll-out takes three fifths of the time.
    pub(super) fn roll_out(self: &Arc<Self>, hour: u64) {
        let batches = self.people.div_ceil(ROWS).max(3);
        let begin = |batch: usize| batch as u64 * self.days * 24 * 3 / 5 / batches as u64;
        for batch in (0..batches).filter(|batch| begin(*batch) == hour) {
            let rows = self.people * batch / batches..self.people * (batch + 1) / batches;
            self.soon(move |life| async move { life.order_batch(batch, rows).await });
        }
    }

    /// Returns an order for a person, by name or by object id.
    fn order_for(&self, person: usize) -> Order {
        let people = lock(&self.world.outside.people);
        let user = &people.users[person];
        let by_name = self.chance.percent(50);
        let reference = if by_name { UserRef::Upn(user.upn.clone()) } else { UserRef::ObjectId(user.object_id) };
        let mut order = keyferry_testkit::order(reference);
        order.pin_length = PinLength::try_from(8).unwrap();
        order
    }

    fn means(&self, person: usize) {
        self.world.meddling.with(|state| *state.court.book.meant.entry(person).or_default() += 1);
    }

    async fn order_batch(self: Arc<Self>, batch: usize, people: std::ops::Range<usize>) {
        self.world.meddling.life(None, format!("batch {batch} of {} people is uploaded", people.len()));
        let orders: Vec<_> = people.map(|person| (person, self.order_for(person))).collect();
        for (person, _) in &orders {
            self.means(*person);
        }
        let upload = async |engine: keyferry_engine::Engine| {
            let mut upload = engine.batches.begin(format!("batch {batch}"), caller()).await?;
            for (row, (_, order)) in (2..).zip(&orders) {
                let user = order.user.to_string();
                let order = RowOrder { order: order.clone().into(), info: OrderInfo::default(), additional: false };
                let (key, order) = (Some(format!("K{row}")), Some(order));
                upload.add(UploadRow { row, key, user, order, content: None, findings: Vec::new() }).await?;
            }
            upload.finish(Vec::new(), Vec::new(), Vec::new()).await.map(|batch| batch.id)
        };
        let Some(Ok(id)) = self.insist(upload, |_| false).await else {
            self.world.meddling.life(None, format!("batch {batch} could not be uploaded"));
            return;
        };
        self.insist(async |engine| engine.batches.check(id, &caller(), false).await, is_wrong_state).await;
        self.submit(batch, id).await;
        match self.chance.below(6) {
            0 => {
                self.world.sleep(self.chance.below(900)).await;
                self.world.meddling.life(None, format!("batch {batch} is paused"));
                self.insist(async |engine| engine.batches.pause(id, &caller(), "check stock").await, is_wrong_state)
                    .await;
                self.world.sleep(3_600 + self.chance.below(36_000)).await;
                self.insist(async |engine| engine.batches.resume(id, &caller(), "go on").await, is_wrong_state).await;
            }
            1 => {
                self.world.sleep(self.chance.below(400)).await;
                self.world.meddling.life(None, format!("batch {batch} is cancelled"));
                self.insist(async |engine| engine.batches.cancel(id, &caller(), "wrong list").await, is_wrong_state)
                    .await;
            }
            _ => {}
        }
    }

    /// Waits until a batch is checked, and submits it.
    async fn submit(&self, batch: usize, id: BatchId) {
        for _ in 0..400 {
            self.world.sleep(300).await;
            let Some(Ok(Some(view))) = self.ask(async |engine| engine.batches.get(id).await).await else { continue };
            match view.batch.state.name() {
                BatchStateName::Checked => {}
                BatchStateName::Draft | BatchStateName::Checking => continue,
                _ => return,
            }
            let ready = view.rows.of(RowState::Ready);
            if ready == 0 {
                self.world.meddling.life(None, format!("batch {batch} has nothing to order"));
                return;
            }
            let submit = self.ask(async |engine| engine.batches.submit(id, &caller(), false, ready).await).await;
            match submit {
                Some(Ok(_)) => {
                    self.world.meddling.life(None, format!("batch {batch} is submitted with {ready} orders"));
                    return;
                }
                Some(Err(error)) => self.read(&format!("{error} {error:?}")),
                None => {}
            }
        }
        self.world.meddling.life(None, format!("batch {batch} was never submitted"));
    }

    /// Orders a key for a person, with an idempotency key: at once, or by the queue.
    pub(super) async fn order_at_once(&self, person: usize) {
        self.means(person);
        let (order, key) = (self.order_for(person), format!("join {person}"));
        let idempotency = Some((key, "body".to_owned()));
        if self.chance.percent(40) {
            let request = self.queued(order, idempotency);
            let enqueue = async |engine: keyferry_engine::Engine| engine.orders.enqueue(request.clone()).await;
            if let Some(Ok(queued)) = self.insist(enqueue, is_settled).await {
                self.acknowledged(queued.shipment);
            }
            return;
        }
        let request = CreateRequest {
            caller: caller(),
            order,
            info: OrderInfo::default(),
            additional: false,
            may_be_privileged: false,
            idempotency,
            unknown_members: Vec::new(),
        };
        let create = async |engine: keyferry_engine::Engine| engine.orders.create(request.clone()).await;
        if let Some(Ok(created)) = self.insist(create, is_settled).await {
            self.acknowledged(created.shipment);
        }
    }

    /// Returns a request of the queue.
    pub(super) fn queued(&self, order: Order, idempotency: Option<(String, String)>) -> QueueRequest {
        QueueRequest {
            caller: caller(),
            order: order.into(),
            info: OrderInfo::default(),
            batch: None,
            additional: false,
            may_be_privileged: false,
            idempotency,
            unknown_members: Vec::new(),
        }
    }

    fn acknowledged(&self, id: keyferry_domain::ShipmentId) {
        let now = self.now();
        self.world.meddling.with(|state| state.court.book.acknowledged.insert(id, now));
        self.world.meddling.life(Some(id), "the order is acknowledged to its caller");
    }

    /// Returns an order for a person who needs another key.
    pub(super) fn order_again(&self, person: usize) -> QueueRequest {
        self.means(person);
        let order = self.order_for(person);
        self.queued(order, None)
    }
}

fn is_wrong_state(error: &BatchError) -> bool {
    !matches!(error, BatchError::Store(_) | BatchError::Busy)
}

fn is_settled(error: &CreateError) -> bool {
    matches!(
        error,
        CreateError::Unconfirmed { .. }
            | CreateError::NotRecorded { .. }
            | CreateError::Refused(_)
            | CreateError::UserNotFound { .. }
            | CreateError::OpenOrderExists { .. }
    )
}
