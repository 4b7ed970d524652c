#include "doc/identity.h"

#include <gtest/gtest.h>

#include <thread>

namespace arango2pg::doc {
namespace {

Uuid id(std::string_view text) { return *Uuid::parse(text); }

TEST(Identity, ComputesTheUuidsOfRfc4122) {
  // Python: uuid.uuid5(uuid.NAMESPACE_DNS, 'python.org')
  EXPECT_EQ(uuid_v5(id("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), "python.org").text(),
            "886313e1-3b8a-5372-9b90-0c9aee199e5d");
}

TEST(Identity, KeepsAKeyThatIsAUuid) {
  EXPECT_EQ(document_uuid("resumes", "0F8FAD5B-D9CB-469F-A165-70867728950E").text(),
            "0f8fad5b-d9cb-469f-a165-70867728950e");
  EXPECT_EQ(document_uuid("users", "0f8fad5b-d9cb-469f-a165-70867728950e"),
            document_uuid("resumes", "0f8fad5b-d9cb-469f-a165-70867728950e"));
}

TEST(Identity, DerivesOtherKeysFromCollectionAndKey) {
  // Rows in the world depend on these values: a failure here must never be "repaired" in the test.
  EXPECT_EQ(project_namespace().text(), "b3a1f6de-5c0e-5f5e-9d0a-7c9c7d1c2a11");
  EXPECT_EQ(document_uuid("resumes", "8812").text(), "264834a2-2357-5820-aa5e-7f24987031dd");
  EXPECT_EQ(document_uuid("r\xC3\xA9sum\xC3\xA9s", "a:b").text(),
            "3eff875c-3207-533b-9a25-83869ca4d801");
  EXPECT_EQ(document_uuid("resumes", "8812"), uuid_v5(project_namespace(), "resumes/8812"));
  EXPECT_NE(document_uuid("resumes", "8812"), document_uuid("users", "8812"));
}

TEST(Identity, DoesNotTakeUnusualFormsForUuids) {
  const Uuid plain = id("0f8fad5b-d9cb-469f-a165-70867728950e");
  EXPECT_NE(document_uuid("c", "{0f8fad5b-d9cb-469f-a165-70867728950e}"), plain);
  EXPECT_NE(document_uuid("c", "0f8fad5bd9cb469fa16570867728950e"), plain);
}

TEST(Identity, IsTheSameOnEachThread) {
  const Uuid here = document_uuid("resumes", "8812");
  Uuid there;
  std::thread([&] { there = document_uuid("resumes", "8812"); }).join();
  EXPECT_EQ(here, there);
}

}  // namespace
}  // namespace arango2pg::doc
