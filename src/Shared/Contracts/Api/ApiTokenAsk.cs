namespace MicroVm.Shared.Contracts.Api;

/// <summary>A token of an operator or a program is to be made.</summary>
/// <param name="Name">Whom it is for, 1 to 63 characters.</param>
/// <param name="Role"><c>viewer</c>, <c>operator</c> or <c>admin</c>.</param>
/// <param name="LifetimeSeconds">How long it lasts; 0 for ever.</param>
public sealed record ApiTokenAsk(string Name, string Role, long LifetimeSeconds = 0);
