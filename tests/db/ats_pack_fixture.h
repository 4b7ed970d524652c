/// \file
/// A database with the whole ats pack and two users, per test.
#pragma once

#include "db/pack_fixture.h"

namespace arango2pg::pg {

class AtsPackTest : public AppliedPackTest {
 protected:
  AtsPackTest() : AppliedPackTest("ats") {}

  void SetUp() override {
    AppliedPackTest::SetUp();
    if (IsSkipped()) return;
    sql("SET timezone = 'UTC'");
    sql(R"(INSERT INTO "user" (id, name, email)
           VALUES ('ada', 'Ada', 'ada@example.com'), ('bob', 'Bob', 'b@example.com'))");
  }
};

}  // namespace arango2pg::pg
