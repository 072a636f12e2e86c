using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Supervision;
using MicroVm.Vmm.Guest.Vitals;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Tests.Guest;

public class ExitReportTests
{
    [Fact]
    public void From_EndedByItself_SaysTheExitCodeAlone() =>
        Assert.Equal(new GuestExited(3, ""), ExitReport.From(3, null, GuestExitCause.Ended, "", 0, "", false));

    [Fact]
    public void From_NotStarted_SaysWhyBeforeAnythingElse() => Assert.Equal(
        new GuestExited(127, "no program", GuestExitCause.NotStarted),
        ExitReport.From(137, new WorkloadException(127, "no program"), GuestExitCause.LivenessProbeFailed, "x", 1, "", false));

    [Theory]
    [InlineData(GuestExitCause.LivenessProbeFailed)]
    [InlineData(GuestExitCause.StartupProbeFailed)]
    public void From_ProbeFailed_SaysWhatItFound(GuestExitCause cause) => Assert.Equal(
        new GuestExited(143, "port 80: HTTP status 503", cause), ExitReport.From(143, null, cause, "port 80: HTTP status 503", 0, "", false));

    [Theory]
    [InlineData(137, false, 1ul, "57 (web)", GuestExitCause.OutOfMemory, "the guest had no memory left: the kernel killed process 57 (web)")]
    [InlineData(137, false, 3ul, "", GuestExitCause.OutOfMemory, "the guest had no memory left: the kernel killed a process, the last of 3")]
    [InlineData(137, true, 1ul, "57 (web)", GuestExitCause.Ended, "the guest had no memory left: the kernel killed process 57 (web)")]
    [InlineData(1, false, 1ul, "57 (worker)", GuestExitCause.Ended, "the guest had no memory left: the kernel killed process 57 (worker)")]
    public void From_KernelKilledSomething_SaysWhatAndWhetherItWasTheWorkload(
        int exitCode, bool killedHere, ulong kills, string killed, GuestExitCause cause, string message) =>
        Assert.Equal(new GuestExited(exitCode, message, cause), ExitReport.From(exitCode, null, GuestExitCause.Ended, "", kills, killed, killedHere));

    [Theory]
    [InlineData("3,412,5812,-;Out of memory: Killed process 57 (web) total-vm:1kB, anon-rss:1kB\n", "57 (web)")]
    [InlineData("6,1,0,-;Linux version 6.1\n", "")]
    [InlineData("3,1,0,-;Killed process 57", "")]
    public void KilledIn_RecordOfTheKernelsLog_IsTheProcess(string record, string expected) =>
        Assert.Equal(expected, KernelLog.KilledIn(System.Text.Encoding.UTF8.GetBytes(record)));

    [Fact]
    public void ProcText_OfProc_ReadsNumbersByName()
    {
        Assert.Equal(94932ul, ProcText.Number("MemTotal:          94932 kB\nMemFree: 1 kB\n"u8, "MemTotal:"u8));
        Assert.Equal(7ul, ProcText.Number("oom_kill_x 3\noom_kill 7"u8, "oom_kill "u8));
        Assert.Equal(0ul, ProcText.Number("a 1\n"u8, "b "u8));
        Assert.Equal(1050, ProcText.Permille("1.05 0.70 0.30 1/55 99\n"u8));
        Assert.Equal(0, ProcText.Permille(""u8));
        Assert.True(GuestVitals.Sample([new GuestVolume("/dev/vdb", "/", false)]) is { MemoryTotalBytes: > 0, MemoryAvailableBytes: > 0, DiskTotalBytes: > 0 });
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 500, 0)]
    [InlineData(0, 501, 501)]
    [InlineData(10_000, 0, -10_000)]
    public void Correction_ClockThatIsOff_IsMadeBeyondTheTolerance(long here, long there, long expected) =>
        Assert.Equal(expected, GuestTime.Correction(here * 1_000_000, there * 1_000_000));
}
