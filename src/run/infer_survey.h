/// \file
/// Reads the documents of a source once and keeps what `infer` decides by.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "doc/ports.h"
#include "doc/profile.h"
#include "run/infer_facts.h"
#include "run/progress.h"
#include "run/signals.h"

namespace arango2pg::run {

struct SurveyOptions {
  std::uint64_t sample = 0;  ///< documents per collection; 0 = all
  std::uint64_t seed = 1;
  unsigned jobs = 2;
  std::uint64_t memory = 256U << 20;
  ProgressMode progress = ProgressMode::automatic;
};

struct SurveyedCollection {
  doc::CollectionInfo info;
  doc::Profile profile;
  CollectionFacts facts;
  bool sampled = false;
  /// Edges of which `_from` or `_to` points at a document that is not there.
  std::uint64_t dangling_from = 0, dangling_to = 0;
};

struct Surveyed {
  std::vector<SurveyedCollection> collections;  ///< in the order of those asked for
  bool ends_known = false;                      ///< dangling_… were counted
};

/// Throws Error(interrupted) if a signal ended it: half a look decides nothing.
Surveyed survey(doc::Source& source, const std::vector<doc::CollectionInfo>& collections,
                const SurveyOptions& options, const SignalWatch& signals);

}  // namespace arango2pg::run
