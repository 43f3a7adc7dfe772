//! Simulated identity provider: users, their methods, and issued challenges.
//!
//! It does not verify for whom a credential was made: it registers the credential for the given user. The engine must
//! prevent registrations for the wrong user, and tests check that at the end.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_domain::{
    Account, AddressDraft, CreationOptions, DirectoryEntry, EmailAddress, Failure, FailureKind, FoundUser, HeldMethod,
    HeldPass, Language, MethodDeletion, NewCredential, NewPass, ObjectId, PassText, PasskeyPolicy, Person, Profile,
    RecipientDraft, RegisteredMethod, Timestamp, UserHandle, UserRef,
};
use keyferry_webauthn::{AttestationObject, PublicKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::trouble::Call;

pub const RP_ID: &str = "login.example";

pub struct User {
    pub object_id: ObjectId,
    pub upn: String,
    pub handle: String,
    pub manager: Option<EmailAddress>,
    pub has_manager: bool,
    pub manager_id: Option<ObjectId>,
    /// Whether the account of the manager is enabled. `None`: it is not returned.
    pub manager_enabled: Option<bool>,
    pub manager_language: Option<Language>,
    pub mail: Option<EmailAddress>,
    pub aliases: Vec<String>,
    pub enabled: bool,
    pub language: Option<Language>,
    pub guest: bool,
    pub groups: Vec<ObjectId>,
    /// Names of the privileged roles.
    pub roles: Vec<String>,
    pub methods: Vec<Method>,
    /// Access pass: its id, code, time and whether it is usable.
    pub pass: Option<(HeldPass, String)>,
    /// Data of the recipient and address in the directory.
    pub recipient: RecipientDraft,
    pub address: AddressDraft,
}

pub struct Method {
    pub credential_id: Vec<u8>,
    pub display_name: String,
    pub public_key: PublicKey,
    /// Handle of the user for whom the challenge was issued.
    pub made_for: String,
}

fn method_id(credential_id: &[u8]) -> String {
    format!("{}1", URL_SAFE_NO_PAD.encode(credential_id))
}

pub struct People {
    pub users: Vec<User>,
    /// Whether the connector has permission to read users.
    pub readable: bool,
    /// Number of credentials that a user can have.
    pub max_credentials: Option<usize>,
    /// Policy about passkeys. `None` if there is none.
    pub policy: Option<PasskeyPolicy>,
    challenges: HashMap<String, (String, Timestamp)>,
    /// Users by lower-case user name, as far as they were not renamed by hand.
    by_name: HashMap<String, usize>,
    by_object_id: HashMap<ObjectId, usize>,
    by_handle: HashMap<String, usize>,
    /// Ids of all credentials that were ever registered, and for whom.
    registered: HashMap<Vec<u8>, usize>,
    /// Shift of the user whose data is answered: 0, or the answer is of another user.
    pub confused: usize,
    /// Number of attempts to register a credential that is already registered.
    pub repeated: usize,
    pub lifetimes: Vec<std::time::Duration>,
    /// Lifetime of challenges. `None`: the requested lifetime.
    pub granted: Option<std::time::Duration>,
    /// Users for whom creation options fail with 500 each time.
    pub unanswered: Vec<UserRef>,
}

impl Default for People {
    fn default() -> Self {
        Self {
            users: Vec::new(),
            readable: true,
            max_credentials: None,
            policy: None,
            challenges: HashMap::new(),
            by_name: HashMap::new(),
            by_object_id: HashMap::new(),
            by_handle: HashMap::new(),
            registered: HashMap::new(),
            confused: 0,
            repeated: 0,
            lifetimes: Vec::new(),
            granted: None,
            unanswered: Vec::new(),
        }
    }
}

/// Returns the object id of the user at this index.
pub fn object_id(number: usize) -> ObjectId {
    ObjectId::parse(&format!("a1000000-0000-4000-8000-{number:012}")).unwrap()
}

impl People {
    /// Adds a user with a manager, and returns the user's index.
    pub fn add(&mut self, name: &str) -> usize {
        let number = self.users.len();
        self.by_name.insert(format!("{name}@contoso.example").to_ascii_lowercase(), number);
        self.by_object_id.insert(object_id(number), number);
        self.by_handle.insert(URL_SAFE_NO_PAD.encode(format!("handle-of-{name}")), number);
        self.users.push(User {
            object_id: object_id(number),
            upn: format!("{name}@contoso.example"),
            handle: URL_SAFE_NO_PAD.encode(format!("handle-of-{name}")),
            manager: Some(EmailAddress::parse(&format!("boss-of-{name}@contoso.example")).unwrap()),
            has_manager: true,
            manager_id: None,
            manager_enabled: Some(true),
            manager_language: None,
            mail: None,
            aliases: Vec::new(),
            enabled: true,
            language: None,
            guest: false,
            groups: Vec::new(),
            roles: Vec::new(),
            methods: Vec::new(),
            pass: None,
            recipient: RecipientDraft::default(),
            address: AddressDraft::default(),
        });
        number
    }

    pub fn by_handle(&self, handle: &str) -> &User {
        let indexed = self.by_handle.get(handle).and_then(|number| self.users.get(*number));
        let user = indexed.filter(|user| user.handle == handle);
        user.or_else(|| self.users.iter().find(|user| user.handle == handle)).unwrap()
    }

    /// Gives a user another name.
    pub fn rename(&mut self, number: usize, upn: String) {
        self.by_name.insert(upn.to_ascii_lowercase(), number);
        self.users[number].upn = upn;
    }

    /// Returns the index of the user for whom this credential was ever registered.
    pub fn registered_for(&self, credential_id: &[u8]) -> Option<usize> {
        self.registered.get(credential_id).copied()
    }

    /// Returns the index of a user.
    pub fn find_user(&self, user: &UserRef) -> Option<usize> {
        let is_it = |known: &User| match user {
            UserRef::ObjectId(id) => known.object_id == *id,
            UserRef::Upn(upn) => known.upn.eq_ignore_ascii_case(upn),
        };
        let indexed = match user {
            UserRef::ObjectId(id) => self.by_object_id.get(id),
            UserRef::Upn(upn) => self.by_name.get(&upn.to_ascii_lowercase()),
        };
        let indexed = indexed.copied().filter(|number| self.users.get(*number).is_some_and(is_it));
        indexed.or_else(|| self.users.iter().position(is_it))
    }

    fn number(&self, user: &UserRef, call: Call) -> Result<usize, Failure> {
        let found = self.find_user(user).map(|number| (number + self.confused) % self.users.len());
        found.ok_or_else(|| call.failure(FailureKind::Answered { status: 404, code: None }))
    }

    pub fn options(
        &mut self,
        user: &UserRef,
        deadline: Timestamp,
        challenge: String,
    ) -> Result<CreationOptions, Failure> {
        if self.unanswered.contains(user) {
            return Err(Call::CreationOptions.failure(FailureKind::Answered { status: 500, code: None }));
        }
        let user = &self.users[self.number(user, Call::CreationOptions)?];
        let public_key = json!({
            "rp": {"id": RP_ID, "name": "Test"},
            "user": {"id": user.handle, "name": user.upn, "displayName": user.upn},
            "challenge": challenge,
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
            "authenticatorSelection": {"requireResidentKey": true, "userVerification": "required"},
            "attestation": "direct",
        });
        let Value::Object(public_key) = public_key else { panic!("options are an object") };
        self.challenges.insert(challenge.clone(), (user.handle.clone(), deadline));
        let user_handle = UserHandle::new(user.handle.clone());
        Ok(CreationOptions {
            public_key,
            challenge,
            rp_id: RP_ID.into(),
            user_handle,
            deadline,
            existing_credentials: user.methods.len(),
            correlation: Some("0ptions".into()),
        })
    }

    /// Returns the end of the challenge with this text.
    pub fn challenge_ends(&self, challenge: &str) -> Option<Timestamp> {
        self.challenges.get(challenge).map(|(_, end)| *end)
    }

    pub fn account(&self, user: &UserRef) -> Result<Option<Account>, Failure> {
        let user = &self.users[self.number(user, Call::Account)?];
        let account = Account {
            id: user.object_id,
            user_name: user.upn.clone(),
            enabled: Some(user.enabled),
            guest: Some(user.guest),
        };
        Ok(self.readable.then_some(account))
    }

    pub fn register(
        &mut self,
        user: &UserRef,
        credential: &NewCredential,
        now: Timestamp,
    ) -> Result<RegisteredMethod, Failure> {
        let number = self.number(user, Call::Register)?;
        let refuse = |status| Call::Register.failure(FailureKind::Answered { status, code: None });
        let client_data = URL_SAFE_NO_PAD.decode(&credential.client_data_json).unwrap();
        let client_data: Value = serde_json::from_slice(&client_data).unwrap();
        let issued = client_data["challenge"].as_str().and_then(|challenge| self.challenges.get(challenge));
        let (made_for, deadline) = issued.cloned().ok_or_else(|| refuse(400))?;
        if deadline <= now || credential.display_name.is_empty() || credential.display_name.chars().count() > 30 {
            return Err(refuse(400));
        }
        let id = credential.credential_id.as_bytes();
        let held = |number: &usize| self.users[*number].methods.iter().any(|method| method.credential_id == id);
        if self.registered.get(id).is_some_and(held) {
            self.repeated += 1;
            return Err(refuse(400));
        }
        let object = URL_SAFE_NO_PAD.decode(&credential.attestation_object).unwrap();
        let object = AttestationObject::parse(&object).unwrap();
        self.users[number].methods.push(Method {
            credential_id: id.to_vec(),
            display_name: credential.display_name.clone(),
            public_key: object.auth_data.attested.unwrap().public_key,
            made_for,
        });
        self.registered.insert(id.to_vec(), number);
        self.find(user, id).map(Option::unwrap)
    }

    pub fn find(&self, user: &UserRef, id: &[u8]) -> Result<Option<RegisteredMethod>, Failure> {
        let user = &self.users[self.number(user, Call::Find)?];
        Ok(user.methods.iter().find(|method| method.credential_id == id).map(|method| RegisteredMethod {
            id: method_id(id),
            display_name: Some(method.display_name.clone()),
            aaguid: None,
            correlation: Some("reg1ster".into()),
        }))
    }

    pub fn held(&self, user: &UserRef) -> Result<Vec<HeldMethod>, Failure> {
        let user = &self.users[self.number(user, Call::ListMethods)?];
        let held = user.methods.iter().map(|method| HeldMethod {
            id: method_id(&method.credential_id),
            display_name: Some(method.display_name.clone()),
            aaguid: None,
            model: None,
            created_at: None,
        });
        Ok(held.collect())
    }

    pub fn delete(&mut self, user: &UserRef, method_id: &str) -> Result<MethodDeletion, Failure> {
        let number = self.number(user, Call::DeleteMethod)?;
        let methods = &mut self.users[number].methods;
        let before = methods.len();
        methods.retain(|method| self::method_id(&method.credential_id) != method_id);
        Ok(MethodDeletion { existed: methods.len() < before, correlation: Some("de1ete".into()) })
    }

    pub fn passes(&self, user: &UserRef) -> Result<Vec<HeldPass>, Failure> {
        let user = &self.users[self.number(user, Call::ListPasses)?];
        Ok(user.pass.iter().map(|(held, _)| held.clone()).collect())
    }

    /// Makes a pass with this code, in place of the one that the user has.
    pub fn make_pass(
        &mut self,
        user: &UserRef,
        code: String,
        now: Timestamp,
        end: Timestamp,
    ) -> Result<NewPass, Failure> {
        let number = self.number(user, Call::CreatePass)?;
        let id = format!("pass-{code}");
        let held = HeldPass { id: id.clone(), created_at: Some(now), is_usable: true };
        self.users[number].pass = Some((held, code.clone()));
        let text = PassText::new(Zeroizing::new(code)).unwrap();
        Ok(NewPass { id, text, valid_until: end, correlation: Some("pa55".into()) })
    }

    pub fn delete_pass(&mut self, user: &UserRef, id: &str) -> Result<MethodDeletion, Failure> {
        let number = self.number(user, Call::DeletePass)?;
        let existed = self.users[number].pass.take_if(|(held, _)| held.id == id).is_some();
        Ok(MethodDeletion { existed, correlation: Some("de1ete".into()) })
    }

    pub fn entry(&self, user: &UserRef, with_manager: bool) -> Result<DirectoryEntry, Failure> {
        let user = &self.users[self.number(user, Call::Person)?];
        let display_name = Some(format!("Person {}", user.upn));
        let person = Person {
            id: Some(user.object_id),
            display_name,
            mail: user.mail.clone(),
            aliases: user.aliases.clone(),
            enabled: Some(user.enabled),
            language: user.language,
        };
        let manager = Person {
            id: user.manager_id,
            display_name: Some("Manager".into()),
            mail: user.manager.clone(),
            aliases: Vec::new(),
            enabled: user.manager_enabled,
            language: user.manager_language,
        };
        Ok(DirectoryEntry { person, manager: (with_manager && user.has_manager).then_some(manager) })
    }

    pub fn profile(&self, user: &UserRef) -> Result<Profile, Failure> {
        let user = &self.users[self.number(user, Call::Profile)?];
        Ok(Profile { id: user.object_id, recipient: user.recipient.clone(), address: user.address.clone() })
    }

    pub fn search(&self, text: &str, limit: usize) -> Vec<FoundUser> {
        let text = text.to_lowercase();
        let found = self.users.iter().filter(|user| user.upn.to_lowercase().starts_with(&text)).take(limit);
        let user = |user: &User| FoundUser {
            id: user.object_id,
            user_name: user.upn.clone(),
            display_name: Some(format!("Person {}", user.upn)),
            mail: user.mail.clone(),
        };
        found.map(user).collect()
    }

    pub fn memberships(&self, user: &UserRef, groups: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
        let user = &self.users[self.number(user, Call::Groups)?];
        Ok(groups.iter().filter(|group| user.groups.contains(group)).copied().collect())
    }

    pub fn privileged_roles(&self, user: &UserRef) -> Result<Vec<String>, Failure> {
        Ok(self.users[self.number(user, Call::Roles)?].roles.clone())
    }
}
