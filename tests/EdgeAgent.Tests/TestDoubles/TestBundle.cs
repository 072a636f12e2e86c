using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>Bundles as the tests' fleet makes them.</summary>
internal static class TestBundle
{
    internal static readonly DeviceId Device = DeviceId.Parse("dev-1");

    /// <summary>What is for <see cref="Device"/>.</summary>
    internal static BundleDevice For(DesiredState state, byte[]? trust = null) =>
        new(Device, TestFleet.Shared.SignDesired(Device, Specs.Envelope(state).Encode()), trust ?? []);

    /// <summary>A bundle for one device with these contents.</summary>
    internal static Task<byte[]> OfAsync(DesiredState state, params byte[][] contents) => OfAsync([For(state)], contents);

    internal static async Task<byte[]> OfAsync(IReadOnlyList<BundleDevice> devices, params byte[][] contents)
    {
        MemoryStream target = new();
        using BundleWriter writer = new(target);
        await writer.WriteHeaderAsync(new BundleHeader(
            1_000, devices.Count, contents.Length, contents.Sum(static content => content.Length), devices.Count(static device => device.Release.Length > 0)), default);
        foreach (BundleDevice device in devices)
        {
            await writer.WriteDeviceAsync(device, default);
        }

        foreach (byte[] content in contents.OrderBy(static content => Digest.Of(content).Value, StringComparer.Ordinal))
        {
            await writer.WriteImageAsync(Specs.Image(content), new MemoryStream(content), static _ => { }, default);
        }

        await writer.FinishAsync(default);
        return target.ToArray();
    }
}
