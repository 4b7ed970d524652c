// Pack `entities`: countries, cities and organisations in a hierarchy, with positions.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "samples/pack_sample.h"

namespace arango2pg::samples {
namespace {

using Fill = std::function<void(JsonText&)>;

struct Place {
  std::string_view key, name, type, path;
  std::string_view location;  ///< JSON
};

/// These carry their path, as the original's sample did: types stand in it as labels of their own,
/// so "root.continent" is no entity.
constexpr Place given[] = {
    {"world", "World", "global", "root", ""},
    {"europe", "Europe", "continent", "root.continent.europe",
     R"({"type":"Point","coordinates":[15.2551,54.526]})"},
    {"asia", "Asia", "continent", "root.continent.asia", "[34.0479,100.6197]"},
    {"north-america", "North America", "continent", "root.continent.north_america",
     R"({"coordinates":[-105.2551,54.526],"type":"Point"})"},
    {"fr", "France", "country", "root.continent.europe.country.france", "[46.2276,2.2137]"},
    {"de", "Deutschland", "country", "root.continent.europe.country.germany", "null"},
    {"jp", "日本", "country", "root.continent.asia.country.japan",
     R"({"type":"Point","coordinates":[1.382529e2,36.2048]})"},
    {"us", "United States", "country", "root.continent.north_america.country.usa",
     R"({"type":"Point","coordinates":[-180,90.0]})"},
    {"fj", "Fiji", "country", "root.fiji", R"x("SRID=4326;POINT(178.065 -17.7134)")x"},
};

struct Region {
  std::string_view key, name, parent;
};

/// These say by an edge, or by an attribute, below whom they stand.
constexpr Region regions[] = {
    {"bretagne", "Bretagne", "fr"},        {"alsace", "Alsace — Elsass", "fr"},
    {"nrw", "Nordrhein-Westfalen", "de"},  {"thueringen", "Thüringen", "de"},
    {"hokkaido", "北海道", "jp"},          {"georgia-us", "Georgia", "us"},
    {"georgia-us-2", "Georgia", "us"},     {"oregon", "Oregon", "us"},
    {"lodz", "Łódź Ghetto 1940–44", "de"}, {"quoted", "\"Côte d'Azur\"\\", "fr"},
};

struct World : PackWorld {
  using PackWorld::PackWorld;
  Collection entities{"entities", false, {"entity_type"}};
  Collection parent_of{"parent_of", true, {}};
  Collection relates_to{"relates_to", true, {}};
  std::vector<std::string> keys;  ///< of good entities
  std::uint64_t next_edge = 70001;
  std::int64_t located = 0, unscored = 0;

  void edge(
      Collection& to, const std::string& from_key, const std::string& to_key,
      const Fill& fill = [](JsonText&) {}) {
    const Micros at = tick();
    JsonText json = to.begin(std::to_string(next_edge += 3), at, options.ascii,
                             "entities/" + from_key, "entities/" + to_key);
    fill(json);
    to.add(at, json);
  }
};

void entity(World& world, const std::string& key, std::string_view name, std::string_view type,
            const Fill& fill) {
  const Micros at = world.tick();
  JsonText json = world.begin(world.entities, key, at);
  json.string("name", name).string("entity_type", type);
  fill(json);
  world.entities.add(at, json);
}

void make_given(World& world) {
  for (const Place& p : given) {
    entity(world, std::string(p.key), p.name, p.type, [&](JsonText& j) {
      j.string("path", p.path);
      if (!p.location.empty()) j.raw("location", p.location);
      j.raw("confidence_score", "0.875").string("canonical_key", p.key);
      j.raw("metadata", R"({"iso":"XX","population":{"2024":83100000,"source":"register"}})");
    });
    if (!p.location.empty() && p.location != "null") ++world.located;
    world.keys.emplace_back(p.key);
  }
}

void make_regions(World& world) {
  std::size_t i = 0;
  for (const Region& r : regions) {
    const bool by_attribute = i % 3 == 2;
    entity(world, std::string(r.key), r.name, "region", [&](JsonText& j) {
      if (by_attribute) j.string("parent_key", r.parent);
      if (i % 2 == 0) j.string("description", "A region.");
      if (i % 4 == 0) j.number("confidence_score", 0);
    });
    if (!by_attribute) world.edge(world.parent_of, std::string(r.parent), std::string(r.key));
    world.keys.emplace_back(r.key);
    ++world.unscored;
    ++i;
  }
}

/// Cities and organisations below the regions and below each other.
void make_others(World& world, std::size_t count) {
  constexpr std::string_view names[] = {
      "Springfield", "Saint-Étienne", "Nový Jičín",          "Ærø",
      "R&D / Labs",  "Βέροια",        "Ministry of Oddities"};
  const std::size_t first = std::size(given);  // the regions' place in keys
  for (std::size_t i = 0; i < count; ++i) {
    const std::string key = i % 5 == 0 ? uuid4(world.random) : "e" + std::to_string(i);
    const std::string parent = world.keys[first + world.random.below(world.keys.size() - first)];
    const bool organisation = i % 4 == 3, by_attribute = i % 6 == 1;
    entity(world, key, world.random.pick(names), organisation ? "organization" : "city",
           [&](JsonText& j) {
             if (by_attribute) j.string("parent_key", "entities/" + parent);
             if (i % 2 == 0) j.string("description", i % 10 == 0 ? "  " : "Somewhere.");
             if (i % 3 == 0) {
               const std::string lon = std::to_string(world.random.below(180)) + ".25",
                                 lat = std::to_string(world.random.below(89)) + ".5";
               if (i % 2 == 0)
                 j.raw("location", R"({"type":"Point","coordinates":[)" + lon + ",-" + lat + "]}");
               else
                 j.raw("location", "[" + lat + ",-" + lon + "]");
               ++world.located;
             }
             if (i % 7 == 2) j.raw("confidence_score", "0.335").boolean("is_active", true);
             if (i % 9 == 4) j.boolean("is_active", false);
             if (i % 8 == 5) j.string("canonical_key", "q" + std::to_string(i));
             if (i % 5 == 1) j.string("created_at", iso_time(world.now, "+00:00"));
           });
    if (i % 7 != 2) ++world.unscored;
    if (!by_attribute) world.edge(world.parent_of, parent, key);
    // The same parent twice is one parent.
    if (i % 40 == 10 && !by_attribute) world.edge(world.parent_of, parent, key);
    if (i % 3 == 1)
      world.edge(world.relates_to, key, parent, [&](JsonText& j) {
        j.string("relationship_type", i % 2 == 0 ? "ally" : "rival").raw("strength", "0.625");
      });
    world.keys.push_back(key);
  }
}

/// Loaded, but without a place of their own: below root.unplaced.
void make_unplaced(World& world) {
  const auto add = [&](const char* key, const char* name, const char* parent = nullptr) {
    entity(world, key, name, "organization", [&](JsonText& j) {
      if (parent != nullptr) j.string("parent_key", parent);
    });
    ++world.unscored;
  };
  add("hen", "Hen");
  add("egg", "Egg");
  add("chick", "Chick");
  world.edge(world.parent_of, "hen", "egg");
  world.edge(world.parent_of, "egg", "chick");
  world.edge(world.parent_of, "chick", "hen");
  add("feather", "Feather", "chick");  // below the circle
  add("island", "Desert Island");
  add("kashmir", "Kashmir");
  world.edge(world.parent_of, "jp", "kashmir");
  world.edge(world.parent_of, "fj", "kashmir");
  add("orphan", "Orphan", "nobody");
  world.edge(world.parent_of, "nowhere", "atlantis");
  add("atlantis", "Atlantis");
}

// Documents that can't be loaded: each has exactly one fault.
void odd(World& world, const std::string& key, std::string_view rule, const Fill& fill,
         std::string_view path = {}) {
  entity(world, key, "Odd " + key, "country", [&](JsonText& json) {
    json.string("path", path.empty() ? "root.odd." + key : path);
    fill(json);
  });
  world.must_be_quarantined(world.entities, key, rule);
}

void odd_locations(World& world) {
  const auto at = [&](const char* key, std::string_view rule, const char* location) {
    odd(world, key, rule, [&](JsonText& j) { j.raw("location", location); });
  };
  at("far_east", "check_max", R"({"type":"Point","coordinates":[181,0]})");
  at("far_north", "check_max", R"({"type":"Point","coordinates":[0,90.5]})");
  at("swapped", "check_max", "[139.69,35.68]");  // a pair says latitude first
  at("area", "check_enum", R"({"type":"Polygon","coordinates":[1,2]})");
  at("high", "check_max_items", R"({"type":"Point","coordinates":[1,2,350]})");
  at("half", "check_min_items", R"({"type":"Point","coordinates":[1]})");
  at("words", "check_type", R"({"type":"Point","coordinates":["1","2"]})");
  at("triple", "check_type", "[1,2,3]");
  at("pointless", "wrong_type", "{}");
  at("prose", "pg_internal_error", R"("somewhere in the south")");
  at("line", "pg_invalid_parameter_value", R"x("LINESTRING(0 0,1 1)")x");
  at("empty", "pg_check_violation", R"("POINT EMPTY")");
}

void odd_values(World& world) {
  const Fill nothing = [](JsonText&) {};
  odd(world, "hyphen", "check_pattern", nothing, "root.bad-label");
  odd(world, "gap", "check_pattern", nothing, "root..gap");
  odd(world, "twin", "pg_unique_violation", nothing, "root.continent.europe");
  odd(world, "sure", "check_max", [](JsonText& j) { j.raw("confidence_score", "1.7"); });
  odd(world, "vague", "check_type", [](JsonText& j) { j.string("confidence_score", "high"); });
  odd(world, "late", "bad_timestamp", [](JsonText& j) { j.string("created_at", "2025-02-30"); });
  odd(world, "nul", "nul_character", [](JsonText& j) { j.raw("description", R"("a\u0000b")"); });
  const Micros at = world.tick();
  JsonText nameless = world.begin(world.entities, "nameless", at);
  nameless.string("entity_type", "country").string("path", "root.odd.nameless");
  world.entities.add(at, nameless);
  world.must_be_quarantined(world.entities, "nameless", "required");
}

void odd_relations(World& world) {
  const auto add = [&](const char* to, std::string_view rule, const Fill& fill) {
    world.edge(world.relates_to, "fr", to, fill);
    world.must_be_quarantined(world.relates_to, std::to_string(world.next_edge), rule);
  };
  add("de", "required", [](JsonText& j) { j.raw("strength", "0.5"); });
  add("de", "check_type",
      [](JsonText& j) { j.string("relationship_type", "ally").string("strength", "strong"); });
  add("gone", "pg_foreign_key_violation",
      [](JsonText& j) { j.string("relationship_type", "ally"); });
  world.edge(world.relates_to, "us", "jp",
             [](JsonText& j) { j.string("relationship_type", "ally"); });
  world.edge(world.relates_to, "us", "jp",
             [](JsonText& j) { j.string("relationship_type", "ally"); });
  world.must_be_quarantined(world.relates_to, std::to_string(world.next_edge),
                            "pg_unique_violation");
}

}  // namespace

PackSample make_entities(const PackOptions& options) {
  World world(options);
  make_given(world);
  make_regions(world);
  make_others(world, 200 * options.scale);
  make_unplaced(world);
  if (options.odd) {
    odd_locations(world);
    odd_values(world);
    odd_relations(world);
  }
  world.made.database = "forecastin";
  for (Collection* c : {&world.entities, &world.parent_of, &world.relates_to})
    world.made.collections.push_back(std::move(*c).finish());
  world.made.figures = {{"located", world.located}, {"unscored", world.unscored}};
  return std::move(world.made);
}

}  // namespace arango2pg::samples
