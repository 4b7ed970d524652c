// Authentication and rights: protocol 1.2, 1.3.
#include <thread>

#include "unit/support/double_fixture.h"

using namespace fake_arango;
using namespace fake_arango::test;

namespace {

Options with_users() {
  Options o;
  o.users = {{"root", "secret", {{"*", Access::write}}, {}},
             {"reader",
              "r",
              {{"shop", Access::read}, {"_system", Access::none}},
              {{"shop/hidden", Access::none}}}};
  return o;
}

const RawClient::Headers root = {{"Authorization", "Basic cm9vdDpzZWNyZXQ="}};
const RawClient::Headers reader = {{"authorization", "bAsIc cmVhZGVyOnI="}};

std::string token(Double& arango) {
  return parsed(arango.send("POST", "/_open/auth", R"({"username":"root","password":"secret"})"))
      .find("jwt")
      ->string();
}

}  // namespace

TEST(Auth, RefusesWithoutCredentials) {
  Double arango(with_users());
  const Reply r = arango.get("/_api/version");
  EXPECT_EQ(r.status, 401);
  EXPECT_EQ(
      r.body,
      R"({"error":true,"errorNum":11,"errorMessage":"not authorized to execute this request","code":401})");
  std::vector<std::string> schemes;
  for (const auto& [name, value] : r.headers)
    if (name == "Www-Authenticate") schemes.push_back(value);
  EXPECT_EQ(schemes, (std::vector<std::string>{R"(Basic, realm="ArangoDB")",
                                               R"(Bearer, token_type="JWT", realm="ArangoDB")"}));
  EXPECT_EQ(
      arango.get("/_api/version", {{"X-Omit-Www-Authenticate", "x"}}).header("Www-Authenticate"),
      "");
}

TEST(Auth, TakesBasicInAnyCase) {
  Double arango(with_users());
  arango.server.database("shop");
  EXPECT_EQ(arango.get("/_api/version", root).status, 200);
  EXPECT_EQ(arango.get("/_db/shop/_api/version", reader).status, 200);
  EXPECT_EQ(arango.get("/_api/version", {{"Authorization", "Basic cm9vdDp3cm9uZw=="}}).status, 401);
}

TEST(Auth, GivesTokens) {
  Double arango(with_users());
  const Reply r = arango.send("POST", "/_open/auth", R"({"username":"root","password":"secret"})");
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(member_names(r), "jwt");
  const std::string jwt = token(arango);
  EXPECT_EQ(arango.get("/_api/version", {{"Authorization", "bearer " + jwt}}).status, 200);
  std::string forged = jwt;
  forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_EQ(arango.get("/_api/version", {{"Authorization", "bearer " + forged}}).status, 401);
  EXPECT_EQ(arango.server.counters().logins, 2U);
}

TEST(Auth, RefusesBadLogins) {
  Double arango(with_users());
  const Reply wrong = arango.send("POST", "/_open/auth", R"({"username":"root","password":"x"})");
  EXPECT_EQ(wrong.body,
            R"({"code":401,"error":true,"errorMessage":"Wrong credentials","errorNum":401})");
  EXPECT_EQ(status_and_num(arango.send("POST", "/_open/auth", R"({"username":"root"})")),
            "400/400");
  EXPECT_EQ(status_and_num(arango.send("POST", "/_open/auth", "nothing")), "400/400");
  EXPECT_EQ(status_and_num(arango.send("GET", "/_open/auth")), "405/405");
  Double open;
  EXPECT_EQ(open.send("POST", "/_open/auth", "{}").status, 404);
}

TEST(Auth, TokensExpire) {
  Options o = with_users();
  o.jwt_lifetime = std::chrono::milliseconds(300);
  Double arango(o);
  const RawClient::Headers bearer = {{"Authorization", "bearer " + token(arango)}};
  EXPECT_EQ(arango.get("/_api/version", bearer).status, 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_EQ(status_and_num(arango.get("/_api/version", bearer)), "401/11");
  // A client may log in again with the old token still in its headers.
  EXPECT_EQ(arango.send("POST", "/_open/auth", R"({"username":"root","password":"secret"})", bearer)
                .status,
            200);
}

TEST(Auth, SuperuserTokensCarryNoUser) {
  Double arango(with_users());
  const RawClient::Headers super = {{"Authorization", "bearer " + arango.server.superuser_jwt()}};
  EXPECT_EQ(arango.get("/_api/wal/lastTick", super).status, 200);
}

TEST(Auth, UnknownDatabaseIs401ForStrangersAnd404ForThoseWithRights) {
  Double arango(with_users());
  EXPECT_EQ(status_and_num(arango.get("/_db/nowhere/_api/version", reader)), "401/11");
  const Reply r = arango.get("/_db/nowhere/_api/version", root);
  EXPECT_EQ(r.body,
            R"({"error":true,"errorNum":1228,"errorMessage":"database not found","code":404})");
}

TEST(Auth, ReadersSeeTheirPart) {
  Double arango(with_users());
  auto shop = arango.server.database("shop");
  shop.collection("goods").insert(R"({"_key":"1"})");
  shop.collection("hidden");
  EXPECT_EQ(status_and_num(arango.get("/_api/version", reader)), "401/11");
  EXPECT_EQ(member(arango.get("/_db/shop/_api/database/user", reader), "result"), R"(["shop"])");
  const std::string list = arango.get("/_db/shop/_api/collection?excludeSystem=true", reader).body;
  EXPECT_NE(list.find("goods"), std::string::npos);
  EXPECT_EQ(list.find("hidden"), std::string::npos);
  EXPECT_EQ(status_and_num(arango.get("/_db/shop/_api/collection/hidden/count", reader)), "403/11");
  EXPECT_EQ(status_and_num(arango.send("POST", "/_db/shop/_api/cursor",
                                       R"({"query":"FOR d IN hidden RETURN d"})", reader)),
            "403/11");
  EXPECT_EQ(status_and_num(arango.send("POST", "/_db/shop/_api/document/goods", "{}", reader)),
            "403/11");
  EXPECT_EQ(arango.get("/_db/shop/_api/collection/goods/count", reader).status, 200);
}

TEST(Auth, CursorsBelongToTheirUser) {
  Double arango(with_users());
  arango.server.database("shop");
  const Reply r = arango.send("POST", "/_db/shop/_api/cursor",
                              R"({"query":"FOR i IN 1..9 RETURN i","batchSize":1})", root);
  const std::string path = "/_db/shop/_api/cursor/" + parsed(r).find("id")->string();
  EXPECT_EQ(status_and_num(arango.send("POST", path, {}, reader)), "404/1600");
  EXPECT_EQ(arango.send("POST", path, {}, root).status, 200);
}

TEST(Auth, OpenPathsNeedNone) {
  Double arango(with_users());
  EXPECT_EQ(arango.get("/_admin/server/availability").status, 200);
  EXPECT_EQ(arango.send("OPTIONS", "/_api/version").status, 200);
}

TEST(Auth, TheLogIsForAdmins) {
  Options o = with_users();
  o.users[1].databases["_system"] = Access::read;
  Double arango(o);
  EXPECT_EQ(status_and_num(arango.get("/_api/wal/lastTick", reader)), "403/11");
  EXPECT_EQ(member_names(arango.get("/_api/wal/lastTick", root)), "time tick server");
  EXPECT_EQ(member_names(arango.get("/_api/version?details=true", reader)).find("details"),
            std::string::npos);
}
