namespace MicroVm.Shared.Contracts.Api;

/// <summary>An error as RFC 9457 has it (<c>application/problem+json</c>).</summary>
/// <param name="Type">URI reference of the kind of problem.</param>
/// <param name="Title">Kind of problem in words.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">This problem in one line.</param>
/// <param name="Errors">The fields that are wrong; empty when it is not about fields.</param>
public sealed record ProblemView(string? Type, string Title, int Status, string? Detail, IReadOnlyList<FieldError>? Errors);
