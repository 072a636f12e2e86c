using System.Security.Cryptography;
using MicroVm.EdgeAgent.Desired;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Identity;

/// <summary>Holds the identity, and judges by it what the device is told.</summary>
internal sealed class IdentityStore(IdentityFiles files, DeviceId device) : IDesiredVerifier
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _enrolled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile AgentIdentity? _current;

    /// <summary>Raised when certificate or trust changed.</summary>
    internal event Action? Changed;

    /// <summary>The identity; null until the device is enrolled.</summary>
    internal AgentIdentity? Current => _current;

    /// <summary>Completes when the device is enrolled.</summary>
    internal Task Enrolled => _enrolled.Task;

    /// <summary>Loads what is on the disk.</summary>
    internal void Open()
    {
        files.Prepare();
        Publish(files.Load());
    }

    /// <summary>The device's key, made when there is none.</summary>
    internal ECDsa OpenKey() => files.OpenOrMakeKey();

    /// <summary>Keeps what an enrolment or a renewal gave.</summary>
    /// <exception cref="IOException">It cannot be kept, or it does not fit the key.</exception>
    internal void Keep(string certificatePem, byte[] trust)
    {
        TrustBundle offered = Decode(trust);
        lock (_lock)
        {
            // A renewal may bring a later bundle; an earlier one never takes the place of the one that is held.
            if (_current is null || offered.Version >= _current.Trust.Version)
            {
                files.SaveTrust(trust);
            }

            files.SaveCertificate(certificatePem);
            Publish(files.Load() ?? throw new IOException("expected a certificate for this device's key, found another"));
        }

        Changed?.Invoke();
    }

    /// <summary>Trusts a bundle from now on, when it is a later one.</summary>
    /// <exception cref="WireFormatException">The bytes are not a bundle.</exception>
    internal void Trust(byte[] bundle)
    {
        TrustBundle offered = TrustBundle.Decode(bundle);
        lock (_lock)
        {
            if (_current is not AgentIdentity current || offered.Version <= current.Trust.Version)
            {
                return;
            }

            files.SaveTrust(bundle);
            Publish(current with { Trust = offered });
        }

        Changed?.Invoke();
    }

    /// <inheritdoc/>
    public byte[] OpenDesired(ReadOnlyMemory<byte> message) => SignedMessage.Open(message, Keys(), SignedPurpose.Desired, device.Value);

    /// <summary>Verifies a command to this device with this key.</summary>
    /// <exception cref="SignatureException">It is not signed by a trusted key for this device.</exception>
    internal byte[] OpenCommand(ReadOnlyMemory<byte> message) => SignedMessage.Open(
        message, Keys(), SignedPurpose.Command, DeviceCommand.Audience(device, _current?.KeyDigest ?? default));

    /// <summary>Verifies the manifest of an agent release for an architecture.</summary>
    /// <exception cref="SignatureException">It is not signed by a trusted key for it.</exception>
    internal byte[] OpenRelease(ReadOnlyMemory<byte> message, string architecture) =>
        SignedMessage.Open(message, Keys(), SignedPurpose.AgentRelease, architecture);

    private static TrustBundle Decode(byte[] trust)
    {
        try
        {
            return TrustBundle.Decode(trust);
        }
        catch (WireFormatException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private IReadOnlyList<byte[]> Keys() => _current?.Trust.SigningKeys ?? [];

    private void Publish(AgentIdentity? identity)
    {
        // The one before is not disposed: a handshake may be using it at this moment.
        _current = identity;
        if (identity is not null)
        {
            _enrolled.TrySetResult();
        }
    }
}
