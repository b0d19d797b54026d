#pragma once

#include "arete/backend/backend.hpp"
#include "arete/core/listener.hpp"
#include "arete/moments/moments_file.hpp"
#include "arete/train/fit.hpp"

namespace arete {

/// One pass over rows `rows` of `source`: the moments of every part of options.rule.
/// Throws as fit does.
[[nodiscard]] MomentsSet gather_moments(const RowSource& source, RowRange rows,
                                        const FitOptions& options, Backend& backend,
                                        Communicator& communicator, Listener& listener);

/// The same of all rows of a stream, by this process alone; rows are numbered from
/// options.first_row on where the stream does not number them. options.checkpoint is not used.
[[nodiscard]] MomentsSet gather_moments(RowStream& stream, const FitOptions& options,
                                        Backend& backend, Listener& listener);

}  // namespace arete
