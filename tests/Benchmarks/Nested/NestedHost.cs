using System.Diagnostics;

namespace MicroVm.Benchmarks.Nested;

/// <summary>
/// A virtual machine with KVM of its own, emulated instruction by instruction, whose process 1 is Benchmarks.Nested. Under
/// counted time its clock is the number of instructions executed, so figures do not depend on this machine or its load.
/// </summary>
/// <param name="architecture"><c>x86_64</c> or <c>aarch64</c>.</param>
/// <param name="root">The clone.</param>
/// <param name="artifacts">Folder of the architecture's programs; the nested host's image goes there too.</param>
/// <param name="vmm">The VMM that is measured.</param>
/// <param name="workFolder">For the console's log.</param>
internal sealed class NestedHost(string architecture, string root, string artifacts, string vmm, string workFolder)
{
    private static readonly TimeSpan s_silenceLimit = TimeSpan.FromMinutes(3);
    private static readonly bool s_isVerbose = Environment.GetEnvironmentVariable("MICROVM_BENCH_VERBOSE") is not null;
    private string? _image;
    private int _hangs;

    /// <summary>Hangs so far: each was repeated once.</summary>
    internal int Hangs => _hangs;

    /// <summary>Boots, runs scenarios and returns what was reported; a hang is repeated once and counted.</summary>
    /// <param name="scenarios">Names of scenarios, with commas between them.</param>
    /// <param name="counted">Counted time; else as fast as it goes.</param>
    /// <param name="parameters">Further parameters for process 1, as name=value.</param>
    /// <param name="limit">How long it may take, in real time.</param>
    internal NestedResults Run(string scenarios, bool counted, string parameters, TimeSpan limit)
    {
        try
        {
            return Boot(scenarios, counted, parameters, limit);
        }
        catch (NestedHangException e)
        {
            int count = Interlocked.Increment(ref _hangs);
            Console.WriteLine($"nested host hung (number {count} of this run), trying once more: {e.Message}");
            return Boot(scenarios, counted, parameters, limit);
        }
    }

    /// <summary>Makes what is booted; before anything else.</summary>
    internal void MakeImage()
    {
        string folder = Path.Combine(artifacts, "nested");
        using Process script = Start("bash", [Path.Combine(root, "tests/Benchmarks/Nested/image.sh"), architecture, folder, Path.Combine(artifacts, "bench-nested"), vmm]);
        script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        _image = script.ExitCode == 0 ? folder : throw new InvalidOperationException($"image.sh ended with exit code {script.ExitCode}");
    }

    private NestedResults Boot(string scenarios, bool counted, string parameters, TimeSpan limit)
    {
        string console = Path.Combine(workFolder, $"{scenarios}-console.log");
        string[] time = counted ? ["-accel", "tcg", "-icount", "shift=0,sleep=off"] : ["-accel", "tcg,thread=multi"];
        (string[] machine, string consolePort, string[] report) = Machine();
        // The host must not outlive this process.
        using Process qemu = Start("setpriv",
        [
            "--pdeathsig", "KILL", $"qemu-system-{architecture}", .. time, .. machine, "-smp", "1", "-m", "2G",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", $"{_image}/vmlinuz", "-initrd", $"{_image}/initramfs.cpio",
            "-append", $"console={consolePort} quiet panic=-1 mitigations=off bench={scenarios} {parameters}",
            "-serial", $"file:{console}", .. report,
        ]);
        try
        {
            return Read(qemu, scenarios, limit);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"{e.Message}; its console ends with: {string.Join(" | ", File.ReadLines(console).TakeLast(8))}", e);
        }
        finally
        {
            qemu.Kill();
            qemu.WaitForExit();
        }
    }

    /// <summary>The machine, its console and the port of the report: virt has one serial port, so there it is on PCI.</summary>
    private (string[] Machine, string Console, string[] Report) Machine() => architecture == "aarch64"
        ? (["-M", "virt,virtualization=on,gic-version=3", "-cpu", "max,pauth=off,sve=off,lpa2=off"], "ttyAMA0",
            ["-chardev", "stdio,id=report,signal=off", "-device", "pci-serial,chardev=report"])
        // Without erms=off every byte of a copy counts as an instruction.
        : (["-M", "q35", "-cpu", "max,erms=off"], "ttyS0", ["-serial", "stdio"]);

    private static NestedResults Read(Process qemu, string scenarios, TimeSpan limit)
    {
        NestedResults results = new();
        Stopwatch watch = Stopwatch.StartNew();
        string last = "nothing";
        bool hangs = false;
        using Timer silence = new(_ =>
        {
            hangs = true;
            qemu.Kill();
        });
        while (!results.HasEnded)
        {
            TimeSpan left = limit - watch.Elapsed;
            silence.Change(left < TimeSpan.Zero ? TimeSpan.Zero : left < s_silenceLimit ? left : s_silenceLimit, Timeout.InfiniteTimeSpan);
            string? line = qemu.StandardOutput.ReadLine();
            if (line is null)
            {
                throw hangs
                    ? new NestedHangException($"{scenarios}: ended after {watch.Elapsed.TotalSeconds:0} s, its last line was: {last}")
                    : new InvalidOperationException($"{scenarios}: the nested host ended after the line: {last}");
            }

            results.Take(last = line);
            if (s_isVerbose)
            {
                Console.WriteLine($"  {scenarios}: {line}");
            }
        }

        return results;
    }

    // On a thread that lives long enough: what setpriv asks for is tied to the thread that started the process.
    private static Process Start(string program, IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true })
        ?? throw new InvalidOperationException($"{program} did not start");
}
