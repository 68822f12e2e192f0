"""Codes by mail: sign-up, recovery and a changed address, through the mailbox."""

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import EmbeddedAws
from local_aws.tests.cognito_pools import PASSWORD, Pool, codes, mails, new_address

NEW_PASSWORD = "Another-horse-8"


@pytest.fixture(scope="module")
def pool(aws) -> Pool:
    return Pool.create(aws)


def confirm(pool: Pool, address: str, code: str) -> None:
    pool.idp.confirm_sign_up(ClientId=pool.client_id, Username=address, ConfirmationCode=code)


def reset(pool: Pool, address: str, code: str) -> None:
    pool.idp.confirm_forgot_password(
        ClientId=pool.client_id, Username=address, ConfirmationCode=code, Password=NEW_PASSWORD
    )


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_sign_up_is_confirmed_by_the_mailed_code(aws, pool):
    address = pool.sign_up()
    assert pool.attributes(address)["email_verified"] == "false"
    with pytest.raises(ClientError, match="UserNotConfirmedException"):
        pool.tokens(address)
    with pytest.raises(ClientError, match="CodeMismatchException"):
        confirm(pool, address, wrong(codes(aws, address)[0]))
    confirm(pool, address, codes(aws, address)[0])
    assert pool.attributes(address)["email_verified"] == "true"
    assert pool.tokens(address)["IdToken"]
    with pytest.raises(ClientError, match=r"NotAuthorizedException.*Current status is CONFIRMED"):
        confirm(pool, address, codes(aws, address)[0])


def test_the_response_to_a_sign_up_masks_the_address(pool):
    address = new_address()
    response = pool.idp.sign_up(ClientId=pool.client_id, Username=address, Password=PASSWORD)
    assert response["CodeDeliveryDetails"]["Destination"] == "u****@e****"
    assert response["UserSub"] == pool.attributes(address)["sub"]


def test_a_new_code_differs_from_the_old_one_and_replaces_it(aws, pool):
    address = pool.sign_up()
    resend = pool.idp.resend_confirmation_code
    while len(set(codes(aws, address))) < 2:
        resend(ClientId=pool.client_id, Username=address)
    first, last = codes(aws, address)[0], codes(aws, address)[-1]
    with pytest.raises(ClientError, match="CodeMismatchException"):
        confirm(pool, address, first)
    confirm(pool, address, last)
    with pytest.raises(ClientError, match=r"InvalidParameterException.*already confirmed"):
        resend(ClientId=pool.client_id, Username=address)


def test_after_several_wrong_codes_the_right_one_is_refused_too(aws, pool):
    address = pool.sign_up()
    code = codes(aws, address)[0]
    for _ in range(5):
        with pytest.raises(ClientError, match="CodeMismatchException"):
            confirm(pool, address, wrong(code))
    with pytest.raises(ClientError, match="LimitExceededException"):
        confirm(pool, address, code)


def test_a_forgotten_password_is_reset_by_the_mailed_code_once(aws, pool):
    address = pool.sign_up()
    pool.confirm(address)
    with pytest.raises(ClientError, match="ExpiredCodeException"):
        reset(pool, address, "123456")
    response = pool.idp.forgot_password(ClientId=pool.client_id, Username=address)
    assert response["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    assert address not in str(response["CodeDeliveryDetails"])
    code = codes(aws, address)[-1]
    with pytest.raises(ClientError, match="CodeMismatchException"):
        reset(pool, address, wrong(code))
    with pytest.raises(ClientError, match="InvalidPasswordException"):
        pool.idp.confirm_forgot_password(
            ClientId=pool.client_id, Username=address, ConfirmationCode=code, Password="short"
        )
    reset(pool, address, code)
    assert pool.tokens(address, NEW_PASSWORD)["IdToken"]
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        pool.tokens(address, PASSWORD)
    with pytest.raises(ClientError, match="ExpiredCodeException"):
        reset(pool, address, code)


def test_recovery_needs_a_verified_address(aws):
    legacy = Pool.create(aws, client={"PreventUserExistenceErrors": "LEGACY"})
    with pytest.raises(ClientError, match=r"InvalidParameterException.*no registered/verified"):
        legacy.idp.forgot_password(ClientId=legacy.client_id, Username=legacy.user())
    with pytest.raises(ClientError, match="UserNotFoundException"):
        legacy.idp.forgot_password(ClientId=legacy.client_id, Username=new_address())


def test_whether_a_user_exists_is_not_revealed(aws, pool):
    unverified, unknown = pool.user(), new_address()
    sent = len(mails(aws, unverified))
    for address in (unverified, unknown):
        response = pool.idp.forgot_password(ClientId=pool.client_id, Username=address)
        assert response["CodeDeliveryDetails"]["Destination"] == "u****@e****"
    assert len(mails(aws, unverified)) == sent
    with pytest.raises(ClientError, match=r"NotAuthorizedException.*Incorrect username or password\."):
        pool.tokens(unknown)
    with pytest.raises(ClientError, match=r"NotAuthorizedException.*Incorrect username or password\."):
        pool.srp_tokens(unknown)
    with pytest.raises(ClientError, match="CodeMismatchException"):
        confirm(pool, unknown, "123456")
    with pytest.raises(ClientError, match="CodeMismatchException"):
        reset(pool, unknown, "123456")


def test_the_code_is_in_the_pools_own_text(aws):
    template = {"EmailSubject": "Welcome to todo", "EmailMessage": "<b>Use {####} to confirm.</b>"}
    own = Pool.create(aws, VerificationMessageTemplate=template)
    address = own.sign_up()
    mail = mails(aws, address)[0]
    assert mail["Subject"] == "Welcome to todo"
    assert mail["BodyHtml"].startswith("<b>Use ")
    code = mail["BodyHtml"].removeprefix("<b>Use ")[:6]
    confirm(own, address, code)


@pytest.mark.parametrize("keep_old", [True, False], ids=["old address until verified", "new address at once"])
def test_a_changed_address_is_verified_by_a_code(aws, keep_old):
    settings = {"AttributesRequireVerificationBeforeUpdate": ["email"] if keep_old else []}
    own = Pool.create(aws, UserAttributeUpdateSettings=settings)
    old, new = own.sign_up(), new_address()
    own.confirm(old)
    token = own.tokens(old)["AccessToken"]
    change = [{"Name": "email", "Value": new}]
    response = own.idp.update_user_attributes(AccessToken=token, UserAttributes=change)
    assert response["CodeDeliveryDetailsList"][0]["AttributeName"] == "email"
    known = own.attributes(old if keep_old else new)
    assert (known["email"], known["email_verified"]) == ((old, "true") if keep_old else (new, "false"))
    verify = {"AccessToken": token, "AttributeName": "email"}
    with pytest.raises(ClientError, match="CodeMismatchException"):
        own.idp.verify_user_attribute(**verify, Code=wrong(codes(aws, new)[0]))
    own.idp.get_user_attribute_verification_code(**verify)
    own.idp.verify_user_attribute(**verify, Code=codes(aws, new)[-1])
    known = own.attributes(new)
    assert (known["email"], known["email_verified"]) == (new, "true")


def test_a_client_can_neither_verify_an_address_nor_set_sub(aws, pool):
    mine, other = pool.sign_up(), pool.user()
    pool.confirm(mine)
    token = pool.tokens(mine)["AccessToken"]
    for name, value in {"sub": pool.attributes(other)["sub"], "email_verified": "true"}.items():
        attributes = [{"Name": name, "Value": value}]
        with pytest.raises(ClientError, match=r"NotAuthorizedException|InvalidParameterException"):
            pool.idp.update_user_attributes(AccessToken=token, UserAttributes=attributes)
        with pytest.raises(ClientError, match=r"NotAuthorizedException|InvalidParameterException"):
            pool.idp.sign_up(
                ClientId=pool.client_id, Username=new_address(), Password=PASSWORD, UserAttributes=attributes
            )
    taken = [{"Name": "email", "Value": other}]
    with pytest.raises(ClientError, match="AliasExistsException"):
        pool.idp.update_user_attributes(AccessToken=token, UserAttributes=taken)


def test_a_client_cannot_write_an_attribute_that_the_pool_does_not_have(aws):
    own = Pool.create(aws, Schema=[{"Name": "colour", "AttributeDataType": "String", "Mutable": True}])
    address = own.user()
    tokens = own.tokens(address)
    for name in ("cognito:username", "cognito:groups", "token_use", "exp", "custom:size", "colour"):
        attributes = [{"Name": name, "Value": "1"}]
        with pytest.raises(ClientError, match="InvalidParameterException"):
            own.idp.update_user_attributes(AccessToken=tokens["AccessToken"], UserAttributes=attributes)
        with pytest.raises(ClientError, match=r"InvalidParameterException.*schema"):
            own.idp.sign_up(
                ClientId=own.client_id, Username=new_address(), Password=PASSWORD, UserAttributes=attributes
            )
    allowed = [{"Name": name, "Value": "green"} for name in ("name", "custom:colour")]
    own.idp.update_user_attributes(AccessToken=tokens["AccessToken"], UserAttributes=allowed)
    assert own.attributes(address)["custom:colour"] == "green"


def test_codes_survive_a_restart(tmp_path):
    first = EmbeddedAws(tmp_path).start()
    own = Pool.create(first)
    address = own.sign_up()
    code = codes(first, address)[0]
    first.stop()
    second = EmbeddedAws(tmp_path).start()
    own.aws = second
    try:
        confirm(own, address, code)
        assert own.tokens(address)["IdToken"]
    finally:
        second.stop()
