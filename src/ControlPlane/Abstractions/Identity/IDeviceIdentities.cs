namespace MicroVm.ControlPlane.Abstractions.Identity;

/// <summary>
/// Every device's identity. Answers are from memory, because they are needed inside TLS handshakes and for every message; what
/// is not there, or cannot be read, is a device that is not known.
/// </summary>
public interface IDeviceIdentities
{
    /// <summary>Raised after a change is durable.</summary>
    event Action<DeviceIdentity>? Changed;

    /// <summary>A device's identity; null when it is not known.</summary>
    DeviceIdentity? Find(string device);

    /// <summary>All identities, ordered by device.</summary>
    IReadOnlyList<DeviceIdentity> List();

    /// <summary>Makes an identity durable, then visible.</summary>
    Task PutAsync(DeviceIdentity identity);

    /// <summary>Makes a new identity durable together with one use of its token.</summary>
    /// <param name="identity">The identity.</param>
    /// <param name="token">Id of an enrolment token.</param>
    /// <returns>False when the token has no use left or ended; then nothing changed.</returns>
    Task<bool> AdmitAsync(DeviceIdentity identity, string token);
}
