using MicroVm.ControlPlane.Abstractions.Devices;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <content>What operators set of the device's agent.</content>
internal sealed partial class DeviceGrain
{
    public Task<DeviceSettings?> GetSettingsAsync() => Task.FromResult(_hello is null ? null : CurrentSettings(changed: false));

    public async Task<DeviceSettings?> SetSettingsAsync(int telemetryIntervalSeconds, long expectedVersion)
    {
        if (_hello is null)
        {
            return null;
        }

        if (expectedVersion != desired.State.SettingsVersion)
        {
            return CurrentSettings(changed: false);
        }

        await ChangeAsync(desired.State with { TelemetryIntervalSeconds = telemetryIntervalSeconds, SettingsVersion = expectedVersion + 1 });
        return CurrentSettings(changed: true);
    }

    private DeviceSettings CurrentSettings(bool changed) =>
        new(DeviceDecisions.SettingsOf(desired.State).TelemetryIntervalSeconds, desired.State.SettingsVersion, changed);
}
