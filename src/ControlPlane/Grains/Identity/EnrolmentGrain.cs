using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging;

namespace MicroVm.ControlPlane.Grains.Identity;

/// <inheritdoc cref="IEnrolmentGrain"/>
internal sealed class EnrolmentGrain(
    IDeviceIdentities identities, ICertificateIssuer issuer, TimeProvider time, ILogger<EnrolmentGrain> logger) : Grain, IEnrolmentGrain
{
    private string Device => this.GetPrimaryKeyString();

    private DeviceIdentity? Current => identities.Find(Device);

    public async Task<EnrolmentOutcome> RequestAsync(EnrolmentRequest request)
    {
        string digest = Digest.Of(request.SubjectPublicKey).Value;
        (EnrolmentStep step, string reason) = EnrolmentDecisions.OnRequest(Current, digest);
        switch (step)
        {
            case EnrolmentStep.Admit:
                return await AdmitAsync(request, digest);
            case EnrolmentStep.Issue:
                // An answer that was lost: the labels may be lost as well.
                await GrainFactory.GetGrain<IDeviceGrain>(Device).EnrolledAsync(Current!.Labels);
                return await IssueAsync(Current, request.SubjectPublicKey);
            case EnrolmentStep.Wait:
                return new EnrolmentOutcome(EnrolmentVerdict.Pending, Current, null, "");
            default:
                return Refuse("enrolment", step, reason);
        }
    }

    public async Task<EnrolmentOutcome> RenewAsync(byte[] subjectPublicKey)
    {
        (EnrolmentStep step, string reason) = EnrolmentDecisions.OnRenewal(Current, Digest.Of(subjectPublicKey).Value);
        return step == EnrolmentStep.Issue ? await IssueAsync(Current!, subjectPublicKey) : Refuse("renewal", step, reason);
    }

    public async Task<EnrolmentOutcome> ApproveAsync()
    {
        if (Current is not DeviceIdentity current)
        {
            return Unknown();
        }

        if (EnrolmentDecisions.OnApproval(current.State) is not IdentityState next)
        {
            return Refuse("approval", EnrolmentStep.Refuse, $"expected a device that waits for approval, found one that is {current.State}");
        }

        DeviceIdentity approved = await EnterAsync(current, next);
        await GrainFactory.GetGrain<IDeviceGrain>(Device).EnrolledAsync(approved.Labels);
        return Done(approved);
    }

    public async Task<EnrolmentOutcome> RevokeAsync() =>
        Current is DeviceIdentity current ? Done(await EnterAsync(current, EnrolmentDecisions.OnRevocation(current.State))) : Unknown();

    public async Task<EnrolmentOutcome> DecommissionAsync() =>
        Current is DeviceIdentity current ? Done(await LeaveAsync(current, EnrolmentDecisions.OnDecommission(current.State))) : Unknown();

    public async Task WipedAsync()
    {
        if (Current is DeviceIdentity current)
        {
            await LeaveAsync(current, EnrolmentDecisions.OnWiped(current.State));
        }
    }

    public async Task TrustsAsync(ulong version)
    {
        if (Current is DeviceIdentity current && current.TrustVersion != version)
        {
            await identities.PutAsync(current with { TrustVersion = version });
        }
    }

    public async Task HasKeyAsync(byte[] subjectPublicKey)
    {
        if (Current is DeviceIdentity { PublicKey.Length: 0 } current && current.KeyDigest == Digest.Of(subjectPublicKey).Value)
        {
            await identities.PutAsync(current with { PublicKey = subjectPublicKey });
        }
    }

    private async Task<EnrolmentOutcome> AdmitAsync(EnrolmentRequest request, string digest)
    {
        IdentityState? before = Current?.State;
        DeviceIdentity identity = new()
        {
            Device = Device,
            State = request.NeedsApproval ? IdentityState.Pending : IdentityState.Active,
            KeyDigest = digest,
            PublicKey = request.SubjectPublicKey,
            Labels = request.Labels,
            Admission = request.Token.Length > 0 ? request.Token : "manufacturer",
            ChangedAt = time.GetUtcNow(),
        };
        if (request.Token.Length == 0)
        {
            await identities.PutAsync(identity);
        }
        else if (!await identities.AdmitAsync(identity, request.Token))
        {
            return Refuse("enrolment", EnrolmentStep.Refuse, "token: expected one with a use left, found none");
        }

        EnrolmentLog.Changed(logger, Device, before, identity.State, identity.Admission);
        if (identity.State == IdentityState.Pending)
        {
            return new EnrolmentOutcome(EnrolmentVerdict.Pending, identity, null, "");
        }

        await GrainFactory.GetGrain<IDeviceGrain>(Device).EnrolledAsync(identity.Labels);
        return await IssueAsync(identity, request.SubjectPublicKey);
    }

    private async Task<EnrolmentOutcome> IssueAsync(DeviceIdentity identity, byte[] subjectPublicKey)
    {
        IssuedCertificate issued = issuer.Issue(Device, subjectPublicKey);
        DeviceIdentity next = identity with { PublicKey = subjectPublicKey, SerialNumber = issued.SerialNumber, NotAfter = issued.NotAfter, Authority = issued.Authority };
        await identities.PutAsync(next);
        EnrolmentLog.Issued(logger, Device, issued.SerialNumber, issued.NotAfter);
        return new EnrolmentOutcome(EnrolmentVerdict.Done, next, issued.Bytes, "");
    }

    private async Task<DeviceIdentity> EnterAsync(DeviceIdentity current, IdentityState state)
    {
        if (current.State == state)
        {
            return current;
        }

        DeviceIdentity next = current with { State = state, ChangedAt = time.GetUtcNow() };
        await identities.PutAsync(next);
        EnrolmentLog.Changed(logger, Device, current.State, state, current.Admission);
        return next;
    }

    private async Task<DeviceIdentity> LeaveAsync(DeviceIdentity current, IdentityState state)
    {
        DeviceIdentity next = await EnterAsync(current, state);
        if (next.State == IdentityState.Decommissioned)
        {
            await GrainFactory.GetGrain<IDeviceGrain>(Device).ForgetAsync();
        }

        return next;
    }

    private static EnrolmentOutcome Done(DeviceIdentity identity) => new(EnrolmentVerdict.Done, identity, null, "");

    private static EnrolmentOutcome Unknown() => new(EnrolmentVerdict.Unknown, null, null, "");

    private EnrolmentOutcome Refuse(string request, EnrolmentStep step, string reason)
    {
        EnrolmentLog.Refused(logger, Device, request, reason);
        return new EnrolmentOutcome(
            step == EnrolmentStep.Conflict ? EnrolmentVerdict.Conflict : EnrolmentVerdict.Refused, Current, null, reason);
    }
}
