using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Tests.Kit;

namespace MicroVm.ControlPlane.Tests.Storage;

public sealed class SqliteDirectoryTests : IDisposable
{
    private static readonly (string Device, (string, string)[] Labels)[] s_devices =
    [
        ("a", [("site", "berlin"), ("ring", "1")]),
        ("b", [("site", "paris"), ("ring", "1"), ("retired", "")]),
        ("c", [("site", "rome")]),
        ("d", []),
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("microvm-cp-").FullName;
    private readonly Database _database;

    public SqliteDirectoryTests() => _database = Database.Open(DataDirectory.Open(_directory));

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("site=berlin")]
    [InlineData("site in (berlin,paris)")]
    [InlineData("site in (berlin,paris), ring=1, !retired")]
    [InlineData("!retired")]
    [InlineData("site!=berlin")]
    [InlineData("site notin (berlin,rome), site")]
    [InlineData("retired")]
    [InlineData("gone")]
    [InlineData("!gone, !site")]
    public async Task Devices_FoundBySelector_AreThoseThatItMatches(string text)
    {
        SqliteDeviceDirectory directory = new(_database);
        foreach ((string device, (string, string)[] labels) in s_devices)
        {
            await directory.PutAsync(device, labels.ToImmutableSortedDictionary(label => label.Item1, label => label.Item2));
        }

        Assert.True(SelectorText.TryParse(text, out ImmutableArray<LabelRequirement> requirements, out _));
        LabelSelector selector = Samples.Selector() with { Requirements = requirements };

        Assert.Equal(
            s_devices.Where(device => selector.Matches(device.Labels.ToDictionary(label => label.Item1, label => label.Item2))).Select(device => device.Device),
            await directory.FindAsync(selector));
    }

    [Fact]
    public async Task Deployment_WithConditions_IsReadAgainAsItWas()
    {
        Assert.True(SelectorText.TryParse("site in (a,b), !retired", out ImmutableArray<LabelRequirement> requirements, out _));
        LabelSelector selector = Samples.Selector(("ring", "1")) with { Requirements = requirements };
        await new SqliteDeploymentDirectory(_database).PutAsync(new DeploymentEntry("hello", "web", selector, false));

        DeploymentEntry entry = Assert.Single(new SqliteDeploymentDirectory(_database).List());

        Assert.True(selector.HasContentOf(entry.Selector), entry.Selector.ToString());
    }
}
