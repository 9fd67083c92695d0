//! Answers to text, JSON, Markdown, AWS CLI lines and Terraform.
