using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Update;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Update;

public sealed class ReleaseCheckTests : IDisposable
{
    private static readonly ReleaseVersion s_version = ReleaseVersion.Parse("9.0.0");
    private readonly TempDirectory _directory = new();
    private readonly ProcessWatcher _watcher = new();

    [Fact]
    public async Task Programs_ThatRun_AreGood()
    {
        Write("#!/bin/sh\n[ \"$1\" != --version ] || echo 'microvm-agent 9.0.0'\n");
        Assert.Null(await CheckAsync("/etc/agent.json"));
    }

    [Theory]
    [InlineData("no program at all")]
    [InlineData("#!/no/such/interpreter\n")]
    [InlineData("#!/bin/sh\nexit 1\n")]
    public async Task Programs_ThatDoNotRunHere_AreTheReleasesFault(string agent)
    {
        Write(agent);
        Assert.True((await CheckAsync("/etc/agent.json"))!.IsFinal);
    }

    /// <summary>What the system refuses for reasons of its own, here too long an argument, may be otherwise next time.</summary>
    [Fact]
    public async Task Programs_ThatCannotBeStartedNow_AreTriedAgain()
    {
        Write("#!/bin/sh\necho 'microvm-agent 9.0.0'\n");
        UpdateFault? fault = await CheckAsync("/" + new string('x', 4 << 20));
        Assert.Contains("errno 7", fault!.Message, StringComparison.Ordinal);
        Assert.False(fault.IsFinal);
    }

    [Theory]
    [InlineData("KILL", 9, false)]
    [InlineData("TERM", 15, false)]
    [InlineData("ILL", 4, true)]
    [InlineData("ABRT", 6, true)]
    [InlineData("BUS", 7, true)]
    [InlineData("SEGV", 11, true)]
    public async Task Programs_EndedByASignal_AreTheReleasesFaultWhenTheyCrashed(string signal, int number, bool isFinal)
    {
        Write($"#!/bin/sh\nulimit -c 0\nkill -{signal} $$\n");
        UpdateFault? fault = await CheckAsync("/etc/agent.json");
        Assert.Equal(($"microvm-agent --version: it was ended by signal {number} and said ''", isFinal), (fault!.Message, fault.IsFinal));
    }

    /// <summary>A host that is slow today may be quicker tomorrow.</summary>
    [Fact]
    public async Task Programs_ThatDoNotEnd_AreTriedAgain()
    {
        Write("#!/bin/sh\nexec sleep 1000\n");
        FakeTimeProvider time = new();
        Task<UpdateFault?> check = new ReleaseCheck(_watcher, _directory.Path, "/etc/agent.json", time).RunAsync(_directory.Path, s_version);
        time.Advance(TimeSpan.FromSeconds(60));
        UpdateFault? fault = await check;
        Assert.Equal(("microvm-agent --version: it did not end within 60 s", false), (fault!.Message, fault.IsFinal));
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _directory.Dispose();
    }

    private Task<UpdateFault?> CheckAsync(string configPath) =>
        new ReleaseCheck(_watcher, _directory.Path, configPath, TimeProvider.System).RunAsync(_directory.Path, s_version);

    private void Write(string agent)
    {
        foreach ((string name, string content) in ((string, string)[])[(AgentFiles.Agent, agent), (AgentFiles.Vmm, "#!/bin/sh\n")])
        {
            File.WriteAllText(_directory[name], content);
            File.SetUnixFileMode(_directory[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
