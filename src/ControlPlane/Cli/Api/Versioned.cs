namespace MicroVm.ControlPlane.Cli.Api;

/// <summary>A resource and the version that was read.</summary>
/// <param name="Value">The resource.</param>
/// <param name="ETag">Its <c>ETag</c>; null when the server gave none.</param>
internal sealed record Versioned<T>(T Value, string? ETag);
