// What a dry run learns of documents, path by path.
#include "doc/profile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

namespace arango2pg::doc {
namespace {

class Collected {
 public:
  explicit Collected(ProfileLimits limits = {}) : profile(limits) {}
  Collected& add(std::string_view json) {
    PaddedBuffer bytes;
    bytes.append(json);
    const auto error = document_.parse(bytes.view());
    EXPECT_FALSE(error) << (error ? error->message : "");
    profile.add(document_);
    return *this;
  }
  /// "a.b", "a[]", "a.*"
  static std::string name(const Profile& p, std::uint32_t id) {
    const Profile::Path& path = p.path(id);
    switch (path.step) {
      case Profile::Step::root:
        return "";
      case Profile::Step::element:
        return name(p, path.parent) + "[]";
      case Profile::Step::any_member:
        return name(p, path.parent) + ".*";
      default:
        return name(p, path.parent) + "." + path.name;
    }
  }
  static std::vector<std::string> names(const Profile& p) {
    std::vector<std::string> out;
    for (const auto id : p.in_order()) out.push_back(name(p, id));
    return out;
  }
  [[nodiscard]] const PathStats& at(const std::string& wanted) const {
    for (const auto id : profile.in_order())
      if (name(profile, id) == wanted) return profile.path(id).stats;
    ADD_FAILURE() << "no path " << wanted;
    return profile.path(0).stats;
  }
  Profile profile;

 private:
  Document document_;
};

std::string numbered(const std::string& before, int i, const std::string& after) {
  return before + std::to_string(i) + after;
}

TEST(Profile, CountsPresenceInDocumentsAndTypesInValues) {
  Collected c;
  c.add(R"({"a":1,"tags":["x","y"],"o":{"b":null}})").add(R"({"tags":[],"a":"1"})");
  EXPECT_EQ(Collected::names(c.profile),
            (std::vector<std::string>{"", ".a", ".tags", ".tags[]", ".o", ".o.b"}));
  EXPECT_EQ(c.at(".a").documents, 2U);
  EXPECT_EQ(c.at(".a").of(Kind::number), 1U);
  EXPECT_EQ(c.at(".a").of(Kind::string), 1U);
  EXPECT_EQ(c.at(".tags[]").documents, 1U);
  EXPECT_EQ(c.at(".tags[]").values(), 2U);
  EXPECT_EQ(c.at(".tags").fewest, 0U);
  EXPECT_EQ(c.at(".tags").most, 2U);
  EXPECT_EQ(c.at(".o.b").of(Kind::null), 1U);
}

TEST(Profile, TakesNamesAsTheyMeanNotAsTheyAreWritten) {
  Collected c;
  c.add(R"({"é":1})").add(R"({"\u00e9":2})");
  EXPECT_EQ(Collected::names(c.profile), (std::vector<std::string>{"", ".é"}));
  EXPECT_EQ(c.at(".é").documents, 2U);
}

TEST(Profile, KnowsHowLongTextsAreAndWhatTheyLookLike) {
  Collected c;
  for (const char* v :
       {R"("")", R"("2026-11-25")", R"("2026-11-25T10:00:00.5")", R"("2026-11-25 10:00:00+01:00")",
        R"("17")", R"("-1.5")", R"("true")", R"("users/ada")", R"("a@b.org")", R"("https://a.b/c")",
        R"("6ba7b810-9dad-11d1-80b4-00c04fd430c8")", R"("free text, of course")"})
    c.add(std::string(R"({"t":)") + v + "}");
  for (std::size_t f = 0; f < text_forms; ++f)
    EXPECT_EQ(c.at(".t").forms[f], 1U) << text_form_name(static_cast<TextForm>(f));
  EXPECT_EQ(c.at(".t").shortest, 0U);
  EXPECT_EQ(c.at(".t").longest, 36U);
}

TEST(Profile, CountsCharactersThatPostgresqlCannotStore) {
  Collected c;
  c.add(R"({"t":"a\u0000b"})").add(R"({"t":"\ud83d"})").add(R"({"t":"\ud83d\ude00"})");
  EXPECT_EQ(c.at(".t").nul_characters, 1U);
  EXPECT_EQ(c.at(".t").lone_surrogates, 1U);
  EXPECT_EQ(c.at(".t").longest, 4U);
}

TEST(Profile, TellsWhichNumbersATypeWouldChange) {
  struct Case {
    const char* literal;
    std::uint64_t int4, int8, float4, float8, fractions;
  };
  for (const Case& n :
       {Case{"1", 0, 0, 0, 0, 0}, Case{"2147483648", 1, 0, 0, 0, 0},
        Case{"-2147483648", 0, 0, 0, 0, 0}, Case{"16777217", 0, 0, 1, 0, 0},
        Case{"9007199254740993", 1, 0, 1, 1, 0}, Case{"9223372036854775807", 1, 0, 1, 1, 0},
        Case{"9223372036854775808", 1, 1, 0, 0, 0}, Case{"12345678901234567890", 1, 1, 1, 1, 0},
        Case{"1e3", 0, 0, 0, 0, 0}, Case{"1.0", 0, 0, 0, 0, 0}, Case{"0.5", 0, 0, 0, 0, 1},
        Case{"0.30000000000000004", 0, 0, 1, 0, 1}, Case{"0.1234567890123456789", 0, 0, 1, 1, 1},
        Case{"1e400", 1, 1, 1, 1, 0}}) {
    Collected c;
    c.add(std::string(R"({"n":)") + n.literal + "}");
    const PathStats& s = c.at(".n");
    EXPECT_EQ(s.beyond_int4, n.int4) << n.literal;
    EXPECT_EQ(s.beyond_int8, n.int8) << n.literal;
    EXPECT_EQ(s.beyond_float8, n.float8) << n.literal;
    EXPECT_EQ(s.fractions, n.fractions) << n.literal;
  }
}

TEST(Profile, KnowsRangeAndDigits) {
  Collected c;
  c.add(R"({"n":-12.50})").add(R"({"n":7})").add(R"({"n":1.2e-3})").add(R"({"n":1e5})");
  EXPECT_DOUBLE_EQ(c.at(".n").least, -12.5);
  EXPECT_DOUBLE_EQ(c.at(".n").greatest, 1e5);
  EXPECT_EQ(c.at(".n").integer_digits, 6U);
  EXPECT_EQ(c.at(".n").fraction_digits, 4U);
}

TEST(Profile, EstimatesHowManyDifferentValuesThereAre) {
  Collected c;
  for (int i = 0; i < 20000; ++i)
    c.add(R"({"id":)" + std::to_string(i) + R"(,"status":")" + "abc"[i % 3] + R"("})");
  EXPECT_EQ(c.at(".status").distinct.estimate(), 3U);
  EXPECT_NEAR(static_cast<double>(c.at(".id").distinct.estimate()), 20000, 20000 * 0.1);
  const auto top = c.at(".status").frequent->top();
  ASSERT_EQ(top.size(), 3U);
  EXPECT_EQ(top[0].text, "\"a\"");
  EXPECT_EQ(top[0].count, 6667U);
  EXPECT_TRUE(c.at(".id").frequent->gave_up());
}

TEST(Profile, FindsFrequentValuesAmongManyRareOnes) {
  Collected c;
  for (int i = 0; i < 30000; ++i)
    c.add(R"({"city":")" + (i % 4 == 0 ? "Wien" : std::to_string(i)) + R"("})");
  const auto top = c.at(".city").frequent->top();
  ASSERT_FALSE(top.empty());
  EXPECT_EQ(top[0].text, "\"Wien\"");
  EXPECT_EQ(top[0].count, 7500U);
}

// 50,000 names that are data (ids of other documents, say) must not become 50,000 paths.
TEST(Profile, TakesTheMembersOfAMapTogether) {
  Collected c;
  for (int i = 0; i < 50000; ++i)
    c.add(R"({"_key":"k","scores":{"job)" + std::to_string(i) + R"(":{"points":)" +
          std::to_string(i % 100) + "}}}");
  EXPECT_EQ(Collected::names(c.profile),
            (std::vector<std::string>{"", "._key", ".scores", ".scores.*", ".scores.*.points"}));
  EXPECT_EQ(c.at(".scores.*.points").of(Kind::number), 50000U);
  EXPECT_DOUBLE_EQ(c.at(".scores.*.points").greatest, 99);
  EXPECT_TRUE(c.profile.collapsed());
  for (const auto id : c.profile.in_order()) {
    const auto& path = c.profile.path(id);
    if (path.step != Profile::Step::any_member) continue;
    EXPECT_NEAR(static_cast<double>(path.names.estimate()), 50000, 5000);
  }
}

TEST(Profile, KeepsAWideRecordApart) {
  std::string wide = "{";
  for (int i = 0; i < 700; ++i) wide += numbered(i == 0 ? "\"a" : ",\"a", i, "\":1");
  Collected c;
  for (int i = 0; i < 50; ++i) c.add(wide + "}");
  EXPECT_EQ(Collected::names(c.profile).size(), 701U);
  EXPECT_FALSE(c.profile.collapsed());
}

TEST(Profile, StaysBoundedWhenOneDocumentHasMorePathsThanAllowed) {
  std::string hostile = "{";
  for (int i = 0; i < 50000; ++i)
    hostile += numbered(i == 0 ? "\"x" : ",\"x", i, numbered(R"(":{"y)", i, R"(":[{"z":1}]})"));
  Collected c({.paths = 1000});
  c.add(hostile + "}").add(hostile + "}");
  EXPECT_LT(Collected::names(c.profile).size(), 2001U);
  EXPECT_EQ(c.at(".*").values(), 100000U);
  EXPECT_EQ(c.at(".*.*[].z").values(), 100000U);
}

TEST(Profile, StaysBoundedWhenPathsGrowEverywhere) {
  Collected c({.paths = 500});
  for (int i = 0; i < 20000; ++i) {
    const std::string a = std::to_string(i % 97), b = std::to_string(i % 89), d = std::to_string(i);
    c.add(R"({"r)" + a + R"(":{"s)" + b + R"(":{"t)" + d + R"(":[1,{"u)" + a + R"(":null}]}}})");
  }
  EXPECT_LT(Collected::names(c.profile).size(), 1001U);
  std::uint64_t leaves = 0;
  for (const auto id : c.profile.in_order()) leaves += c.profile.path(id).stats.of(Kind::null);
  EXPECT_EQ(leaves, 20000U);
}

TEST(Profile, DoesNotFollowValuesThatAreNestedTooDeeply) {
  Collected c;
  c.add(R"({"d":)" + std::string(5000, '[') + std::string(5000, ']') + "}");
  EXPECT_TRUE(c.profile.too_deep());
  EXPECT_LE(Collected::names(c.profile).size(), Profile::deepest + 1);
}

// Each thread has its own profile; which documents it got must not show.
TEST(Profile, MergesIntoWhatOneThreadWouldHaveFound) {
  Collected all, even({.paths = 4096}), odd;
  for (int i = 0; i < 3000; ++i) {
    const std::string json = R"({"a":)" + std::to_string(i) + R"(,"m":{"k)" + std::to_string(i) +
                             R"(":[true]},"t":"x"})";
    all.add(json);
    (i % 2 == 0 ? even : odd).add(json);
  }
  odd.add(R"({"only":{"here":1.5}})");
  all.add(R"({"only":{"here":1.5}})");
  Collected merged;
  merged.profile.merge(even.profile);
  merged.profile.merge(odd.profile);
  EXPECT_EQ(Collected::names(merged.profile), Collected::names(all.profile));
  for (const auto& name : Collected::names(all.profile)) {
    EXPECT_EQ(merged.at(name).values(), all.at(name).values()) << name;
    EXPECT_EQ(merged.at(name).bytes, all.at(name).bytes) << name;
    EXPECT_EQ(merged.at(name).distinct.estimate(), all.at(name).distinct.estimate()) << name;
  }
  EXPECT_EQ(merged.at(".a").documents, 3000U);
  EXPECT_EQ(merged.profile.documents(), 3001U);
}

TEST(Profile, MergesAMapThatOnlyOneThreadSawAsSuch) {
  Collected map, few;
  for (int i = 0; i < 1000; ++i) map.add(numbered(R"({"m":{"k)", i, R"(":1}})"));
  few.add(R"({"m":{"k0":1,"other":2}})");
  EXPECT_EQ(Collected::names(few.profile).size(), 4U);
  few.profile.merge(map.profile);
  EXPECT_EQ(Collected::names(few.profile), (std::vector<std::string>{"", ".m", ".m.*"}));
  EXPECT_EQ(few.at(".m.*").values(), 1002U);
}

TEST(HashBytes, SeesEachByteOfTextsOfAnyLength) {
  std::set<std::uint64_t> hashes;
  std::size_t texts = 0;
  for (std::size_t size = 0; size <= 40; ++size) {
    std::string text(size, 'a');
    hashes.insert(hash_bytes(text));
    ++texts;
    for (std::size_t i = 0; i < size; ++i, ++texts) {
      text[i] = '\xff';
      hashes.insert(hash_bytes(text));
      text[i] = 'a';
    }
  }
  EXPECT_EQ(hashes.size(), texts);
  EXPECT_EQ(hash_bytes("same"), hash_bytes(std::string("same")));
  EXPECT_NE(hash_bytes("same", 1), hash_bytes("same", 2));
}

TEST(SizeHistogram, TellsQuantiles) {
  SizeHistogram h;
  for (std::uint64_t i = 0; i < 99; ++i) h.add(100);
  h.add(100'000);
  EXPECT_EQ(h.quantile(0.5), 127U);
  EXPECT_EQ(h.quantile(1), 131071U);
}

}  // namespace
}  // namespace arango2pg::doc
