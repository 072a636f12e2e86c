namespace MicroVm.Shared.Contracts.Api;

/// <summary>Who the caller is to the control plane.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role"><c>viewer</c>, <c>operator</c> or <c>admin</c>.</param>
public sealed record CallerView(string Name, string Role);
