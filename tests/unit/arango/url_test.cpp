// --source as people write it.
#include "arango/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arango/open.h"
#include "base/error.h"

using namespace arango2pg;
using namespace arango2pg::arango;

namespace {

std::string refusal(const std::string& url) {
  try {
    parse_url(url);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::usage);
    return std::string(e.what()) + " / " + e.hint();
  }
  return "";
}

}  // namespace

TEST(SourceUrl, ReadsHostPortUserAndDatabase) {
  const auto url = parse_url("http://root:se%40cret%2F@db.example.com:8530/my%20app");
  EXPECT_EQ(url.kind, SourceUrl::Kind::server);
  ASSERT_EQ(url.endpoints.size(), 1U);
  EXPECT_EQ(url.endpoints[0].text(), "http://db.example.com:8530");
  EXPECT_EQ(url.username, "root");
  EXPECT_EQ(url.password, "se@cret/");
  EXPECT_EQ(url.database, "my app");
}

TEST(SourceUrl, TakesTheUsualPortAndNoDatabase) {
  const auto url = parse_url("https://db");
  EXPECT_EQ(url.endpoints[0].text(), "https://db:8529");
  EXPECT_EQ(url.database, "");
  EXPECT_EQ(parse_url("http://db/").database, "");
}

TEST(SourceUrl, ReadsSeveralCoordinators) {
  const auto url = parse_url("https://me:pw@c1:8529,c2:8530,[2001:db8::1]:8531/app");
  ASSERT_EQ(url.endpoints.size(), 3U);
  EXPECT_EQ(url.endpoints[1].text(), "https://c2:8530");
  EXPECT_EQ(url.endpoints[2].text(), "https://[2001:db8::1]:8531");
}

TEST(SourceUrl, KeepsAMailAddressAsUserName) {
  EXPECT_EQ(parse_url("http://me@example.com:pw@db/app").username, "me@example.com");
}

TEST(SourceUrl, TakesAnUnencodedColonIntoThePassword) {
  EXPECT_EQ(parse_url("http://u:a:b@db").password, "a:b");
}

TEST(SourceUrl, TakesAnAddressCopiedFromADriver) {
  EXPECT_EQ(parse_url("tcp://db:8529/_db/app").database, "app");
  EXPECT_TRUE(parse_url("ssl://db:8529").endpoints[0].tls);
}

TEST(SourceUrl, ReadsDirectories) {
  const auto dump = parse_url("dump:/backup/2025");
  EXPECT_EQ(dump.kind, SourceUrl::Kind::dump);
  EXPECT_EQ(dump.directory, "/backup/2025");
  EXPECT_EQ(parse_url("dump:///backup").directory, "/backup");
  EXPECT_EQ(parse_url("jsonl:export").kind, SourceUrl::Kind::jsonl);
}

TEST(SourceUrl, SaysWhatItCantRead) {
  EXPECT_THAT(refusal("mongodb://db"), testing::HasSubstr("'mongodb://db' is no source"));
  EXPECT_THAT(refusal(""), testing::HasSubstr("no source is given"));
  EXPECT_THAT(refusal("http://"), testing::HasSubstr("no host"));
  EXPECT_THAT(refusal("http://db:port"), testing::HasSubstr("'db:port'"));
  EXPECT_THAT(refusal("http://db:99999"), testing::HasSubstr("'db:99999'"));
  EXPECT_THAT(refusal("http://db,/x"), testing::HasSubstr("is no host:port"));
  EXPECT_THAT(refusal("http://db/a/b"), testing::HasSubstr("more than a database"));
  EXPECT_THAT(refusal("http://db/a?x=1"), testing::HasSubstr("more than a database"));
  EXPECT_THAT(refusal("http://db/100%"), testing::HasSubstr("percent-encoded"));
  EXPECT_THAT(refusal("dump:"), testing::HasSubstr("names no directory"));
}

TEST(SourceUrl, NeverShowsAPasswordInARefusal) {
  for (const char* url : {"http://u:s3cret@db:port/x", "htp://u:s3cret@db", "http://u:s3cret/@db",
                          "http://u:s3cret%@db", "http://u:s3cret@", "u:s3cret@db"}) {
    const std::string text = refusal(url);
    EXPECT_FALSE(text.empty()) << url;
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("s3cret"))) << url;
    EXPECT_THAT(redacted(url), testing::Not(testing::HasSubstr("s3cret"))) << url;
  }
}

TEST(Redacted, LeavesOutUserAndPassword) {
  EXPECT_EQ(redacted("https://u:pw@c1,c2:1/my%20app"), "https://c1:8529,c2:1/my%20app");
  EXPECT_EQ(redacted("dump:/backup"), "dump:/backup");
}

TEST(PercentEncode, KeepsOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("a b/ü%"), "a%20b%2F%C3%BC%25");
  EXPECT_EQ(percent_decode("a%20b%2F%C3%BC%25"), "a b/ü%");
  EXPECT_EQ(percent_decode("%4"), std::nullopt);
  EXPECT_EQ(percent_decode("%zz"), std::nullopt);
}

TEST(ParseEndpoint, ReadsWhatServersPrint) {
  EXPECT_EQ(parse_endpoint("http://[::1]:8531")->text(), "http://[::1]:8531");
  EXPECT_EQ(parse_endpoint("ssl://10.0.0.1:8530")->text(), "https://10.0.0.1:8530");
  EXPECT_EQ(parse_endpoint("unix:///tmp/socket"), std::nullopt);
}
