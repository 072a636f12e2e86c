using MicroVm.ControlPlane.Abstractions.Identity;

namespace MicroVm.ControlPlane.Grains.Identity;

/// <summary>What an enrolment grain decides: pure functions, no clock, no I/O.</summary>
internal static class EnrolmentDecisions
{
    /// <summary>How a request to be let in is to be taken.</summary>
    /// <param name="current">What is known of the device; null when nothing is.</param>
    /// <param name="keyDigest">Digest of the key that asks.</param>
    internal static (EnrolmentStep Step, string Reason) OnRequest(DeviceIdentity? current, string keyDigest)
    {
        bool same = current?.KeyDigest == keyDigest;
        return current?.State switch
        {
            null or IdentityState.Decommissioned => (EnrolmentStep.Admit, ""),
            IdentityState.Pending when same => (EnrolmentStep.Wait, ""),
            IdentityState.Pending => (EnrolmentStep.Conflict, "another key waits for approval under this device id"),
            IdentityState.Active when same => (EnrolmentStep.Issue, ""),
            IdentityState.Active => (EnrolmentStep.Conflict, "this device id is enrolled with another key; decommission it first"),
            IdentityState.Decommissioning => (EnrolmentStep.Refuse, "this device is being decommissioned"),
            _ => (EnrolmentStep.Refuse, "this device is revoked"),
        };
    }

    /// <summary>How a request for a new certificate is to be taken.</summary>
    internal static (EnrolmentStep Step, string Reason) OnRenewal(DeviceIdentity? current, string keyDigest) =>
        current is null ? (EnrolmentStep.Refuse, "this device is not known")
        : current.State is not (IdentityState.Active or IdentityState.Decommissioning) ? (EnrolmentStep.Refuse, $"this device is {current.State}")
        : current.KeyDigest != keyDigest ? (EnrolmentStep.Conflict, "a renewal is for the key that was enrolled")
        : (EnrolmentStep.Issue, "");

    /// <summary>The state after an operator approved; null when there is nothing to approve.</summary>
    internal static IdentityState? OnApproval(IdentityState state) =>
        state is IdentityState.Pending or IdentityState.Active ? IdentityState.Active : null;

    /// <summary>The state after an operator revoked: a device that wiped itself has nothing to take away any more.</summary>
    internal static IdentityState OnRevocation(IdentityState state) =>
        state == IdentityState.Decommissioned ? IdentityState.Decommissioned : IdentityState.Revoked;

    /// <summary>The state after an operator decommissioned: only a device that may connect can be told.</summary>
    internal static IdentityState OnDecommission(IdentityState state) =>
        state is IdentityState.Active or IdentityState.Decommissioning ? IdentityState.Decommissioning : IdentityState.Decommissioned;

    /// <summary>The state after the device said that it wipes itself.</summary>
    internal static IdentityState OnWiped(IdentityState state) =>
        state == IdentityState.Decommissioning ? IdentityState.Decommissioned : state;
}
