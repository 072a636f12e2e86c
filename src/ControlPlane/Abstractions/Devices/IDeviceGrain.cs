using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Agents;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Abstractions.Devices;

/// <summary>
/// One device; the key is its id. The only writer of the device's desired state: every change raises the generation and is
/// durable before the device or a caller hears of it. It never waits for a <see cref="IDeploymentGrain"/>, which waits for it.
/// </summary>
public interface IDeviceGrain : IGrainWithStringKey
{
    /// <summary>
    /// The device has connected and says what it holds. The first hello ever registers the device. The desired state goes
    /// down when what it holds is older.
    /// </summary>
    Task HelloAsync(GatewayLink link, [Immutable] Hello hello);

    /// <summary>The device was let in with these labels; they become the operator's labels where those have no value yet.</summary>
    Task EnrolledAsync([Immutable] ImmutableSortedDictionary<string, string> labels);

    /// <summary>
    /// The device is gone for good: its claims, labels and reports are dropped and no deployment finds it any more. Generations
    /// go on rising, so that a device that enrols under the same id later holds nothing newer.
    /// </summary>
    Task ForgetAsync();

    /// <summary>The connection can take downlinks now; sends what a hello before it could not.</summary>
    Task SubscribedAsync(long connection);

    /// <summary>The device says what it runs.</summary>
    /// <returns>How the report was taken.</returns>
    Task<UplinkVerdict> ReportedAsync([Immutable] ReportedState report);

    /// <summary>A connection is gone; nothing happens when the device has a newer one.</summary>
    Task DisconnectedAsync(long connection);

    /// <summary>The device is to run a deployment's workload in this revision.</summary>
    Task<DeviceStanding> AssignAsync(string deployment, Assignment assignment);

    /// <summary>
    /// The device is to fetch the image of a revision that it is not told to run yet; being told, or null, ends that.
    /// </summary>
    Task<DeviceStanding> PrefetchAsync(string deployment, Assignment? assignment);

    /// <summary>The device is to run nothing of a deployment any more.</summary>
    Task<DeviceStanding> UnassignAsync(string deployment);

    /// <summary>Secrets have new versions; those that the device needs are sealed to it anew.</summary>
    Task SecretsChangedAsync();

    /// <summary>The device is to run this agent; null for whatever it runs.</summary>
    Task<AgentStanding> SetAgentAsync(AgentOrder? order);

    /// <summary>Which agent the device runs and should run.</summary>
    Task<AgentStanding> GetAgentAsync();

    /// <summary>How far a deployment is on the device.</summary>
    Task<DeviceStanding> GetStandingAsync(string deployment);

    /// <summary>The device as the API shows it; null when it never said hello.</summary>
    Task<DeviceView?> GetViewAsync();

    /// <summary>Its desired state, signed as it would be sent now; null when it never said hello or was never told anything.</summary>
    Task<SignedDesired?> GetSignedAsync();

    /// <summary>The operator's labels; null when the device never said hello.</summary>
    Task<DeviceLabels?> GetLabelsAsync();

    /// <summary>Replaces the operator's labels.</summary>
    /// <param name="labels">The new labels, already checked.</param>
    /// <param name="expectedVersion">Version that they replace.</param>
    Task<LabelsOutcome> SetLabelsAsync(IReadOnlyDictionary<string, string> labels, long expectedVersion);

    /// <summary>The device's settings; null when it never said hello.</summary>
    Task<DeviceSettings?> GetSettingsAsync();

    /// <summary>Replaces the device's settings and tells the device.</summary>
    /// <param name="telemetryIntervalSeconds">Seconds between samples, already checked.</param>
    /// <param name="expectedVersion">Version that they replace.</param>
    /// <returns>The settings as they are now, and whether the version was the expected one; null when the device never said hello.</returns>
    Task<DeviceSettings?> SetSettingsAsync(int telemetryIntervalSeconds, long expectedVersion);
}
