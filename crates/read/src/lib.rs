//! Files to a model: what the AWS CLI prints, with the place of every value.
