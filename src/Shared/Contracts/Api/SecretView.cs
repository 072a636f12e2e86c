namespace MicroVm.Shared.Contracts.Api;

/// <summary>A secret without its value, which nobody is told.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Rises with every value that it is given.</param>
/// <param name="SizeBytes">Length of the value.</param>
/// <param name="UpdatedAt">When the value was set.</param>
public sealed record SecretView(string Name, int Version, int SizeBytes, DateTimeOffset UpdatedAt);
