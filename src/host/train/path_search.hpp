#pragma once

#include "arete/backend/backend.hpp"
#include "arete/comm/communicator.hpp"
#include "arete/data/block_reader.hpp"
#include "arete/train/fit.hpp"

namespace arete {

/// What a search works with.
struct SearchSetup {
  Session& session;
  const SessionOptions& opened_with;
  BlockReader* blocks = nullptr;  ///< gives this rank's rows a second time, where that is possible
  std::size_t memory = 0;         ///< bytes that solutions may take; the same on every rank
  const FitOptions& options;
  Communicator& communicator;
  Listener& listener;
};

/// Trains the path on everything but each held-out part in turn, scores it there, and chooses:
/// fills result.path and result.best. Where the rows cannot be read again, squared errors from
/// moments must do. Throws Error (unsolved) when no lambda was solved.
void search_path(const SearchSetup& setup, FitResult& result);

}  // namespace arete
