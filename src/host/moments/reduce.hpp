#pragma once

#include "arete/comm/communicator.hpp"
#include "arete/moments/moments.hpp"

namespace arete {

/// Replaces `moments` by the sum of those of all ranks, on every rank. All have the same features
/// and classes. The upper triangle of G travels packed, in pieces of bounded size. Exact, and so
/// the same bits for any number of ranks, when the moments of all are exact and their sums stay
/// below 2^53 (which the caller checks: within_exact_limit).
void reduce(Moments& moments, Communicator& communicator);

}  // namespace arete
