using System.Collections.Immutable;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Host.Storage.Events;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.ControlPlane.Tests.Storage;

public sealed class WorkloadErrorsTests : IDisposable
{
    private const long HourMs = 3_600_000;

    private static readonly DeviceId s_device = DeviceId.Parse("edge-1");

    private readonly string _directory = Directory.CreateTempSubdirectory("microvm-cp-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly Database _database;

    public WorkloadErrorsTests() => _database = Database.Open(DataDirectory.Open(_directory));

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(ClockQuality.Synchronised, false, 1)]
    [InlineData(ClockQuality.Unsynchronised, true, 1)]
    // Nothing says when these were written.
    [InlineData(ClockQuality.Unsynchronised, false, 3)]
    [InlineData(ClockQuality.Unknown, false, 3)]
    public async Task Count_LinesThatWereSpooledForAnHour_CountsThoseOfTheRevisionWhereTheClockTells(ClockQuality clock, bool hasAge, int expected)
    {
        DateTimeOffset told = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromMinutes(1));
        long now = _time.GetUtcNow().ToUnixTimeMilliseconds();

        await StoreAsync(clock, now - HourMs, hasAge ? HourMs : null, lines: 2);
        await StoreAsync(clock, now, hasAge ? 0 : null, lines: 1);

        Assert.Equal(expected, await CountAsync(told));
    }

    /// <summary>A clock that is ahead makes nothing new of what came before.</summary>
    [Fact]
    public async Task Count_LinesThatCameBefore_AreNotCountedWhateverTheirTime()
    {
        await StoreAsync(ClockQuality.Synchronised, _time.GetUtcNow().ToUnixTimeMilliseconds() + HourMs, null, lines: 2);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(0, await CountAsync(_time.GetUtcNow()));
    }

    private async Task StoreAsync(ClockQuality clock, long atMs, long? ageMs, int lines)
    {
        await new SqliteDeviceDirectory(_database).PutAsync(s_device.Value, ImmutableSortedDictionary<string, string>.Empty);
        Assert.Equal(TelemetryVerdict.Stored, await new TelemetryStore(_database, new EventFeed(), _time).StoreAsync(s_device, new TelemetryBatch
        {
            Header = new UplinkHeader(Guid.NewGuid(), 1, 0),
            Clock = clock,
            BaseUnixMs = atMs,
            Stamp = ageMs is null ? null : new SendStamp(atMs, clock, ageMs),
            Vms = [new VmSample(atMs, ResourceName.Parse("web"), 0, 0, VmPhase.Running) { ErrorLines = lines }],
        }));
    }

    private async Task<int> CountAsync(DateTimeOffset since) =>
        (await new WorkloadErrors(_database).CountAsync("web", new Dictionary<string, DateTimeOffset> { [s_device.Value] = since }, 100))
        .GetValueOrDefault(s_device.Value);
}
