namespace MicroVm.Shared.Contracts.Api;

/// <summary>One thing wrong in what was sent.</summary>
/// <param name="Field">Path of the field, such as <c>spec.workload.memory</c>.</param>
/// <param name="Expected">What it should have been.</param>
/// <param name="Found">What was there.</param>
public sealed record FieldError(string Field, string Expected, string Found);
