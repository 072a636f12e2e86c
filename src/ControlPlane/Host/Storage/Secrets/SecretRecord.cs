namespace MicroVm.ControlPlane.Host.Storage.Secrets;

/// <summary>What is known of a secret without its value.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Rises with every value, from 1; goes on rising after the secret was deleted.</param>
/// <param name="Size">Bytes of the value.</param>
/// <param name="UpdatedAt">When the value was set.</param>
/// <param name="Key">Key of the vault that it is encrypted to.</param>
/// <param name="IsDeleted">Whether it has no value any more.</param>
internal sealed record SecretRecord(string Name, int Version, int Size, DateTimeOffset UpdatedAt, string Key, bool IsDeleted);
