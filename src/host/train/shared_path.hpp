#pragma once

#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/comm/communicator.hpp"

namespace arete {

/// A path, and how each of its solutions does on the held-out part by squared error.
struct SolvedPath {
  RidgePath path;
  std::vector<double> squared_errors;  ///< one per solution; empty when nothing was held out
};

/// The path on this rank alone.
[[nodiscard]] SolvedPath solve_alone(Session& session, const SolveRequest& request);

/// The same path, computed by all ranks from the same sums: lambda l is solved by rank
/// (l + `first_rank`) % size, and its solution then known to every rank. The same bits as those of
/// solve_alone, as every lambda is solved by itself. `setup` is what the session was opened with.
[[nodiscard]] SolvedPath solve_shared(Session& session, const SessionOptions& setup,
                                      const SolveRequest& request, int first_rank,
                                      Communicator& communicator);

/// The mean, over the ranks, of the solutions of each rank's own sums: the published study's data
/// parallelism. It is *not* the solution of all rows. A lambda is solved where it is on every rank;
/// rcond is the smallest and residual the largest of any rank. Squared errors are not computed.
[[nodiscard]] SolvedPath solve_average(Session& session, const SolveRequest& request,
                                       Communicator& communicator);

}  // namespace arete
