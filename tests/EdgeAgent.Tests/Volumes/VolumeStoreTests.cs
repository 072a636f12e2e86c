using System.Text;
using MicroVm.EdgeAgent.Programs;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.EdgeAgent.Volumes;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Volumes;

public sealed class VolumeStoreTests : IDisposable
{
    private const long Mib = 1 << 20;

    private readonly TempDirectory _directory = new();
    private readonly ProcessWatcher _watcher = new();
    private readonly VolumeStore _volumes;
    private readonly HostPrograms _programs;

    public VolumeStoreTests()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/mkfs.ext4") || File.Exists("/sbin/mkfs.ext4"), "needs e2fsprogs");
        _programs = new HostPrograms(_watcher, _directory.Path);
        _volumes = new VolumeStore(_directory["volumes"], _programs, NullLogger.Instance);
    }

    private string Data => _directory["volumes/web/data.ext4"];

    public void Dispose()
    {
        _volumes.Dispose();
        _watcher.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Prepare_FirstTime_MakesSoundFileSystemsInOrderThatTakeLittle()
    {
        IReadOnlyList<string> paths = await _volumes.PrepareAsync(Spec(Volume("data", 64), Volume("cache", 8)));

        Assert.Equal([Data, _directory["volumes/web/cache.ext4"]], paths);
        Assert.Equal((64 * Mib, 8 * Mib), (new FileInfo(paths[0]).Length, new FileInfo(paths[1]).Length));
        Assert.Equal(64UL << 20, Ext4Superblock.ReadFile(Data)!.Value.SizeBytes);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Data));
        Assert.All(paths, AssertSound);
        VolumeFile listed = _volumes.List()[1];
        Assert.Equal(("web", "data"), (listed.Vm.Value, listed.Name.Value));
        Assert.InRange(listed.AllocatedBytes, 1UL, 16UL << 20);
        Assert.Equal(["cache.ext4", "data.ext4"], Directory.GetFiles(_directory["volumes/web"]).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Prepare_Again_KeepsWhatIsInIt()
    {
        await _volumes.PrepareAsync(Spec(Volume("data", 16)));
        Put("kept", "hello");
        byte[] before = File.ReadAllBytes(Data);

        await _volumes.PrepareAsync(Spec(Volume("data", 16)));

        Assert.Equal(before, File.ReadAllBytes(Data));
    }

    [Fact]
    public async Task Prepare_Larger_GrowsAndKeepsWhatIsInIt()
    {
        await _volumes.PrepareAsync(Spec(Volume("data", 16)));
        Put("kept", "hello");

        await _volumes.PrepareAsync(Spec(Volume("data", 40)));

        Assert.Equal(40UL << 20, Ext4Superblock.ReadFile(Data)!.Value.SizeBytes);
        AssertSound(Data);
        Assert.Equal("hello", Get("kept"));
    }

    [Fact]
    public async Task Prepare_PowerCutBetweenLongerFileAndLargerFileSystem_GrowsOn()
    {
        await _volumes.PrepareAsync(Spec(Volume("data", 16)));
        Put("kept", "hello");
        using (FileStream file = File.OpenWrite(Data))
        {
            file.SetLength(40 * Mib);
        }

        await _volumes.PrepareAsync(Spec(Volume("data", 40)));

        Assert.Equal(40UL << 20, Ext4Superblock.ReadFile(Data)!.Value.SizeBytes);
        Assert.Equal("hello", Get("kept"));
    }

    [Fact]
    public async Task Prepare_PowerCutWhileItWasMade_IsMadeAnew()
    {
        Directory.CreateDirectory(_directory["volumes/web"]);
        File.WriteAllText(Data + ".new", "half");

        await _volumes.PrepareAsync(Spec(Volume("data", 16)));

        AssertSound(Data);
        Assert.False(File.Exists(Data + ".new"));
    }

    [Fact]
    public async Task Prepare_Smaller_IsRefusedAndLeftAlone()
    {
        await _volumes.PrepareAsync(Spec(Volume("data", 16)));
        byte[] before = File.ReadAllBytes(Data);

        VolumeFaultException fault = await Refused(Spec(Volume("data", 8)));

        Assert.Equal(
            ("VolumeShrink", "volume data: expected at least its 16 MiB, found 8 MiB wanted; volumes do not shrink"), (fault.Reason, fault.Message));
        Assert.Equal(before, File.ReadAllBytes(Data));
    }

    [Fact]
    public async Task Prepare_DiskTooSmall_SaysTheNumbersAndLeavesNothing()
    {
        VolumeFaultException fault = await Refused(Spec(Volume("data", VolumeMount.MaxSizeMib)));

        Assert.Equal("NoSpace", fault.Reason);
        Assert.Matches("^volume data of web: expected 4194304 MiB of free disk, found [0-9]+ MiB \\([0-9]+ MiB without 0 MiB ", fault.Message);
        Assert.Empty(_volumes.List());
    }

    [Fact]
    public async Task Prepare_PromisesOfOtherVolumes_CountAsTaken()
    {
        await _volumes.PrepareAsync(Spec(Volume("data", 512)));

        VolumeFaultException fault = await Refused(Spec(Volume("more", VolumeMount.MaxSizeMib)));

        Assert.Matches("without (4[0-9]{2}|5[0-9]{2}) MiB that other volumes may still take", fault.Message);
    }

    [Fact]
    public async Task Prepare_FileIsNoFileSystem_IsRefusedAndLeftAlone()
    {
        Directory.CreateDirectory(_directory["volumes/web"]);
        File.WriteAllText(Data, "somebody's");

        VolumeFaultException fault = await Refused(Spec(Volume("data", 16)));

        Assert.Equal(("VolumeFault", $"volume data: expected an ext4 file system in {Data}, found something else; it is left as it is"), (fault.Reason, fault.Message));
        Assert.Equal("somebody's", File.ReadAllText(Data));
    }

    [Fact]
    public async Task Prepare_SameNameTwice_IsRefused()
    {
        VolumeFaultException fault = await Refused(Spec(Volume("data", 16), Volume("data", 16)));

        Assert.Equal("volume data: expected names that differ, found this one twice", fault.Message);
    }

    [Fact]
    public async Task Delete_TakesTheVolumeAlone()
    {
        await _volumes.PrepareAsync(Spec(Volume("data", 16), Volume("cache", 8)));

        Assert.Equal("", _volumes.TryDelete(ResourceName.Parse("web"), ResourceName.Parse("data")));

        Assert.Equal("cache", Assert.Single(_volumes.List()).Name.Value);
        Assert.Equal(
            "volume data of web: expected one on this device, found none",
            _volumes.TryDelete(ResourceName.Parse("web"), ResourceName.Parse("data")));
    }

    [Fact]
    public void Superblock_AnyBytes_NeverThrows()
    {
        Random random = new(6);
        byte[] bytes = new byte[Ext4Superblock.LengthBytes];
        for (int i = 0; i < 2000; i++)
        {
            random.NextBytes(bytes);
            (bytes[0x38], bytes[0x39]) = (0x53, 0xEF);
            if (Ext4Superblock.Parse(bytes) is Ext4Superblock found)
            {
                Assert.InRange(found.BlockBytes, 1024UL, 65536UL);
            }
        }

        Assert.Null(Ext4Superblock.Parse(bytes.AsSpan(1)));
    }

    [Fact]
    public async Task Prepare_AnotherVmsFileSystemIsBeingMade_DoesNotWaitForIt()
    {
        StuckPrograms programs = new(_programs, "web");
        using VolumeStore volumes = new(_directory["volumes"], programs, NullLogger.Instance);
        Task stuck = volumes.PrepareAsync(Spec(Volume("data", 16)));
        await Phase.Of("first volume is being made", programs.Begun);

        await Phase.Of("second volume", volumes.PrepareAsync(Specs.Vm("till") with { Volumes = [Volume("data", 16)] }));

        Assert.False(stuck.IsCompleted);
        programs.Go();
        await Phase.Of("first volume", stuck);
    }

    [Fact]
    public async Task DiscardUnfinished_AgentWasKilledWhileItMadeAVolume_LeavesNothingOfIt()
    {
        await _volumes.PrepareAsync(Spec(Volume("data", 16)));
        File.WriteAllText(_directory["volumes/web/other.ext4.new"], "half");

        _volumes.DiscardUnfinished();

        Assert.Equal(["data.ext4"], Directory.GetFiles(_directory["volumes/web"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Run_ProgramThatDoesNotEnd_IsKilledAfterItsLimit()
    {
        FakeTimeProvider time = new();
        Directory.CreateDirectory(_directory["rules"]);
        using System.Diagnostics.Process pipe = System.Diagnostics.Process.Start("mkfifo", [_directory["rules/fifo"]]);
        await pipe.WaitForExitAsync();
        HostPrograms programs = new(_watcher, _directory.Path, time);
        Assert.SkipWhen(programs.Find("nft") is null, "needs nftables");

        Task<ProgramOutcome> run = programs.RunAsync("nft", "-f", _directory["rules/fifo"]);
        time.Advance(HostPrograms.FirewallLimit);

        ProgramOutcome outcome = await Phase.Of("end", run);
        Assert.Equal((-1, "it did not end within 60 s and was killed"), (outcome.Code, outcome.Words));
    }

    private static VmSpec Spec(params VolumeMount[] volumes) => Specs.Vm("web") with { Volumes = volumes };

    private static VolumeMount Volume(string name, int mib) => new(ResourceName.Parse(name), mib, "/" + name);

    private Task<VolumeFaultException> Refused(VmSpec spec) => Assert.ThrowsAsync<VolumeFaultException>(() => _volumes.PrepareAsync(spec));

    private void AssertSound(string path) => Run("e2fsck", "-f", "-n", path);

    /// <summary>Writes a file into the volume without mounting it.</summary>
    private void Put(string name, string content)
    {
        File.WriteAllText(_directory["content"], content, Encoding.ASCII);
        Run("debugfs", "-w", "-R", $"write {_directory["content"]} {name}", Data);
    }

    private string Get(string name)
    {
        Run("debugfs", "-R", $"dump {name} {_directory["out"]}", Data);
        return File.ReadAllText(_directory["out"]);
    }

    private void Run(string program, params string[] arguments)
    {
        ProgramOutcome outcome = _programs.RunAsync(program, arguments).GetAwaiter().GetResult();
        Assert.True(outcome.IsSuccess, $"{program}: {outcome.Explanation}");
    }
}
