#pragma once

#include <span>
#include <vector>

#include "arete/data/block_reader.hpp"
#include "arete/train/fit.hpp"

namespace arete {

/// Trains the path on everything but each held-out part in turn, scores it there, and chooses:
/// fills result.path and result.best. `blocks` gives the rows a second time; null when they cannot
/// be read again, and squared errors from moments must do. `memory`: bytes that solutions may take.
/// Throws Error (unsolved) when no lambda was solved.
void search_path(Session& session, BlockReader* blocks, const FitOptions& options,
                 std::size_t memory, Listener& listener, FitResult& result);

}  // namespace arete
