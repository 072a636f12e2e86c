namespace MicroVm.Shared.Contracts.Api;

/// <summary>Something that somebody changed, or tried to.</summary>
/// <param name="Id">Rises with every entry.</param>
/// <param name="At">When it was done.</param>
/// <param name="Actor">Who.</param>
/// <param name="Role">In which role.</param>
/// <param name="Verb">The HTTP method.</param>
/// <param name="Object">The path.</param>
/// <param name="Status">The HTTP status that it was answered with.</param>
/// <param name="Before">Digest of the object before; null when there was none.</param>
/// <param name="After">Digest of the object after; null when there is none.</param>
public sealed record AuditView(
    long Id, DateTimeOffset At, string Actor, string Role, string Verb, string Object, int Status, string? Before, string? After);
