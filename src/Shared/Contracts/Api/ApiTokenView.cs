namespace MicroVm.Shared.Contracts.Api;

/// <summary>A token of an operator or a program.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Name">Whom it is for.</param>
/// <param name="Role"><c>viewer</c>, <c>operator</c> or <c>admin</c>.</param>
/// <param name="State"><c>Usable</c>, <c>Expired</c> or <c>Revoked</c>.</param>
/// <param name="ExpiresAt">When it ends; null for never.</param>
/// <param name="Token">The token itself, in the answer to its creation only; else null.</param>
public sealed record ApiTokenView(string Id, string Name, string Role, string State, DateTimeOffset? ExpiresAt, string? Token);
