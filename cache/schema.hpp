// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace aic::cache {

/// The statements of schema.sql, which make an empty catalogue.
extern const char* const k_schema_sql;

} // namespace aic::cache
