using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <content>Secrets: sealed to the device's key before they are a part of its desired state, and again when either changes.</content>
internal sealed partial class DeviceGrain
{
    public async Task SecretsChangedAsync()
    {
        if (HasStaleSecrets())
        {
            await ChangeAsync(desired.State);
        }
    }

    private bool HasStaleSecrets()
    {
        string key = identities.Find(Device)?.KeyDigest ?? "";
        return SecretDecisions.NeededBy(desired.State.Assignments, Architecture)
            .Any(name => SecretDecisions.IsStale(desired.State.Secrets.GetValueOrDefault(name), secrets.VersionOf(name), key));
    }

    /// <summary>A state with the secrets that its claims need. One that cannot be sealed now stays as it is kept.</summary>
    private async Task<DeviceDesiredState> SealAsync(DeviceDesiredState next)
    {
        IReadOnlyList<string> needed = SecretDecisions.NeededBy(next.Assignments, Architecture);
        if (needed.Count == 0 && next.Secrets.IsEmpty)
        {
            return next;
        }

        Dictionary<string, KeptSecret> renewed = [];
        if (identities.Find(Device) is DeviceIdentity { PublicKey.Length: > 0 } identity)
        {
            foreach (string name in needed.Where(name => SecretDecisions.IsStale(next.Secrets.GetValueOrDefault(name), secrets.VersionOf(name), identity.KeyDigest)))
            {
                if (await secrets.SealAsync(Device, identity.PublicKey, name) is SealedSecret box)
                {
                    renewed[name] = new KeptSecret(box.Version, identity.KeyDigest, box.Sealed);
                }
            }
        }

        return next with { Secrets = SecretDecisions.Keep(next.Secrets, needed, renewed) };
    }
}
