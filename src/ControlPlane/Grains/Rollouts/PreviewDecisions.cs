using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>What a rollout would do if it went well and nothing else happened: pure functions.</summary>
internal static class PreviewDecisions
{
    /// <summary>The selected devices by wave, then those that are away, then those that are taken off.</summary>
    /// <param name="strategy">How it would spread; null for all at once.</param>
    /// <param name="revision">The revision that it would be.</param>
    /// <param name="changes">False when it is the revision that there is.</param>
    /// <param name="selected">The devices that the selector matches.</param>
    /// <param name="removed">The devices that it does not match any more.</param>
    internal static IEnumerable<PlannedDevice> Plan(
        RolloutStrategy? strategy, int revision, bool changes, IEnumerable<RolloutDevice> selected, IEnumerable<RolloutDevice> removed)
    {
        RolloutDevice[] all = [.. selected.OrderBy(device => device.Order).ThenBy(device => device.Device, StringComparer.Ordinal)];
        IEnumerable<PlannedDevice> told = !changes ? all.OrderBy(device => device.Device, StringComparer.Ordinal).Select(device => Unchanged(device, revision))
            : strategy is null ? all.Select(device => Told(device, revision, "all at once"))
            : ByWave(strategy, revision, all);
        return told.Concat(removed.OrderBy(device => device.Device, StringComparer.Ordinal)
            .Select(device => new PlannedDevice(device.Device, "", $"revision {device.Assigned} is taken off", device.IsOnline)));
    }

    private static IEnumerable<PlannedDevice> ByWave(RolloutStrategy strategy, int revision, RolloutDevice[] all)
    {
        List<RolloutDevice> left = [.. all.Where(device => device.IsOnline)];
        int told = 0;
        for (int wave = 0; wave < strategy.WaveCount; wave++)
        {
            bool named = wave == 0 && strategy.Canary?.Selector is not null && left.Exists(device => device.IsCanary);
            int target = named ? left.Count(device => device.IsCanary) : strategy.Upto(wave)?.Of(all.Length) ?? 1;
            RolloutDevice[] members = [.. left.Where(device => !named || device.IsCanary).Take(Math.Max(0, target - told))];
            foreach (RolloutDevice member in members)
            {
                left.Remove(member);
                yield return Told(member, revision, strategy.NameOf(wave));
            }

            told += members.Length;
        }

        foreach (RolloutDevice away in all.Where(device => !device.IsOnline).OrderBy(device => device.Device, StringComparer.Ordinal))
        {
            yield return new PlannedDevice(away.Device, "", "is away: gets what is current when it comes", false);
        }
    }

    private static PlannedDevice Told(RolloutDevice device, int revision, string wave) => new(
        device.Device, wave, device.Assigned == 0 ? $"starts revision {revision}" : $"revision {device.Assigned} to {revision}", device.IsOnline);

    private static PlannedDevice Unchanged(RolloutDevice device, int revision) =>
        new(device.Device, "", device.Assigned == revision ? "stays as it is" : $"goes on from revision {device.Assigned} to {revision}", device.IsOnline);
}
