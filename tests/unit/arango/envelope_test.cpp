// Lines of arangodump, bare and enveloped.
#include "arango/envelope.h"

#include <gtest/gtest.h>

#include "arango/raw_json.h"

using namespace arango2pg::arango;
using Form = DumpLine::Form;

TEST(DumpLine, LeavesABareDocumentAlone) {
  EXPECT_EQ(read_dump_line(R"({"_key":"1","type":2300,"data":{"_key":"2"}})").form, Form::bare);
  EXPECT_EQ(read_dump_line(R"({"Age":3,"_key":"1"})").form, Form::bare);
  EXPECT_EQ(read_dump_line("not json").form, Form::bare);
  EXPECT_EQ(read_dump_line("").form, Form::bare);
}

TEST(DumpLine, TakesADocumentOutOfItsEnvelope) {
  const auto line = read_dump_line(R"({"type":2300,"data":{"_key":"1","a":"}\""}})");
  EXPECT_EQ(line.form, Form::document);
  EXPECT_EQ(line.data, R"({"_key":"1","a":"}\""})");
}

TEST(DumpLine, TakesMembersInAnyOrder) {
  const auto line = read_dump_line(R"( { "data" : {"_key":"1"} , "type" : 2300 } )");
  EXPECT_EQ(line.form, Form::document);
  EXPECT_EQ(line.data, R"({"_key":"1"})");
}

TEST(DumpLine, KeepsADocumentThatLooksLikeAnEnvelope) {
  // A user's own attributes `type` and `data`, in a dump that sorts attributes by bytes.
  EXPECT_EQ(read_dump_line(R"({"data":{"x":1},"type":2300,"_key":"7"})").form, Form::bare);
  EXPECT_EQ(read_dump_line(R"({"type":"2300","data":{"x":1}})").form, Form::bare);
  EXPECT_EQ(read_dump_line(R"({"type":2300,"data":[1]})").form, Form::bare);
}

TEST(DumpLine, ReadsRemovalsOfAllVersions) {
  for (const char* text :
       {R"({"type":2302,"data":{"_key":"k","_rev":"r"}})", R"({"type":2302,"key":"k","rev":"r"})",
        R"({"tick":"5","type":2302,"key":"k","rev":17})"}) {
    const auto line = read_dump_line(text);
    EXPECT_EQ(line.form, Form::removal) << text;
    EXPECT_EQ(line.key, "k") << text;
  }
  EXPECT_EQ(read_dump_line(R"({"type":2302})").form, Form::bare);
}

TEST(DumpLine, CompletesAnOldEdge) {
  const auto old =
      read_dump_line(R"({"type":2301,"key":"9","rev":"123","data":{"_from":"a/1","_to":"b/2"}})");
  EXPECT_EQ(old.form, Form::document);
  EXPECT_EQ(completed(old), R"({"_key":"9","_rev":"123","_from":"a/1","_to":"b/2"})");
  EXPECT_EQ(completed(read_dump_line(R"({"type":2301,"key":"9","rev":123,"data":{}})")),
            R"({"_key":"9","_rev":123})");
  EXPECT_EQ(completed(read_dump_line(R"({"type":2300,"key":"9","rev":1,"data":{"_key":"9"}})")),
            R"({"_rev":1,"_key":"9"})");
}

TEST(DumpLine, AddsNothingToACompleteDocument) {
  EXPECT_EQ(completed(read_dump_line(
                R"({"type":2301,"key":"9","rev":"1","data":{"_key":"9","_rev":"1"}})")),
            "");
  EXPECT_EQ(completed(read_dump_line(R"({"type":2300,"data":{"a":1}})")), "");
}

TEST(DumpLine, HandsOnACutLine) {
  EXPECT_EQ(read_dump_line(R"({"type":2300,"data":{"_key":"1","a":)").form, Form::bare);
}

TEST(RawMembers, WalksNestedValues) {
  RawMembers members(R"({"a":[1,{"b":"]}"}],"c\"d":"x\\","e":-1.5e3,"f":null})");
  std::string seen;
  while (const auto m = members.next())
    seen += std::string(m->name) + "=" + std::string(m->value) + ";";
  EXPECT_EQ(seen, R"(a=[1,{"b":"]}"}];c\"d="x\\";e=-1.5e3;f=null;)");
  EXPECT_TRUE(members.complete());
}

TEST(RawMembers, StopsWhereTheTextIsNoJson) {
  for (const char* bad : {"", "[1]", "{\"a\"}", "{\"a\":}", "{\"a\":1 \"b\":2}", "{\"a\":\"x",
                          "{\"a\":{\"b\":1}", "{,}"}) {
    RawMembers members(bad);
    while (members.next()) {
    }
    EXPECT_FALSE(members.complete()) << bad;
  }
}

TEST(PlainStringMember, FindsAKeyWhereverItStands) {
  EXPECT_EQ(plain_string_member(R"({"_key":"1"})", "_key"), "1");
  EXPECT_EQ(plain_string_member(R"({"a":{"_key":"no"},"_key":"yes"})", "_key"), "yes");
  EXPECT_EQ(plain_string_member(R"({"_key":1})", "_key"), std::nullopt);
  EXPECT_EQ(plain_string_member(R"({"a":1})", "_key"), std::nullopt);
}
