using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Abstractions.Identity;

/// <summary>What the control plane knows about who a device is.</summary>
[GenerateSerializer]
[Immutable]
public sealed record DeviceIdentity
{
    /// <summary>Device id.</summary>
    [Id(0)]
    public required string Device { get; init; }

    /// <summary>Where it is in its life.</summary>
    [Id(1)]
    public required IdentityState State { get; init; }

    /// <summary>Digest of its public key (SubjectPublicKeyInfo); a certificate for another key is not this device's.</summary>
    [Id(2)]
    public required string KeyDigest { get; init; }

    /// <summary>Labels that its token gave it.</summary>
    [Id(3)]
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>How it got in: the token's id, or <c>manufacturer</c>.</summary>
    [Id(4)]
    public string Admission { get; init; } = "";

    /// <summary>Serial number of its newest certificate in hexadecimal; empty when it has none.</summary>
    [Id(5)]
    public string SerialNumber { get; init; } = "";

    /// <summary>When that certificate ends; null when it has none.</summary>
    [Id(6)]
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>Name of the authority of that certificate; empty when it has none.</summary>
    [Id(9)]
    public string Authority { get; init; } = "";

    /// <summary>Version of the trust bundle that it is known to hold.</summary>
    [Id(7)]
    public ulong TrustVersion { get; init; }

    /// <summary>
    /// Its public key (SubjectPublicKeyInfo), which secrets are sealed to; empty for a device that was enrolled before this was
    /// kept and has not connected since.
    /// </summary>
    [Id(10)]
    public byte[] PublicKey { get; init; } = [];

    /// <summary>When the state was entered.</summary>
    [Id(8)]
    public DateTimeOffset ChangedAt { get; init; }

    /// <summary>True when it may open a connection.</summary>
    public bool MayConnect => State is IdentityState.Active or IdentityState.Decommissioning;
}
