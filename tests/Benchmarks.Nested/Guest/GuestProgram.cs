using System.Diagnostics;
using System.Text;
using MicroVm.Benchmarks.Nested.Interop;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Guest;

/// <summary>
/// Process 1 of a measured guest: does what the lines on its console say, and answers with how long that took. Its clock is
/// the counted one, so it may be believed.
/// </summary>
internal static unsafe class GuestProgram
{
    private const nuint GetTerminal = 0x5401, SetTerminal = 0x5402;

    internal static void Run()
    {
        Mounts.MountKernelFileSystems();
        SilenceEcho();
        if (Environment.GetEnvironmentVariable("bench_ip") is string address)
        {
            Interfaces.BringUp("lo", "127.0.0.1");
            Interfaces.BringUp("eth0", address);
        }

        Write(NestedProtocol.Ready);
        while (ReadLine() is string line)
        {
            string answer;
            try
            {
                answer = Measure(line.Split(' '));
            }
            catch (Exception e)
            {
                answer = $"! {e.Message}";
            }

            Write(answer);
        }
    }

    private static string Measure(string[] words)
    {
        Action work = Work(words);
        long interrupts = Interrupts.OfVirtio();
        long began = Stopwatch.GetTimestamp();
        work();
        // Ticks are nanoseconds on Linux.
        long took = Stopwatch.GetTimestamp() - began;
        return $"{NestedProtocol.Answer}{took} {Interrupts.OfVirtio() - interrupts}";
    }

    private static Action Work(string[] words)
    {
        int Number(int index) => int.Parse(words[index]);
        switch (words[0])
        {
            case "read" or "write":
                return BlockLoad.Prepare(words[0] == "write", Number(1), Number(2), words[3]);
            case "udp":
                return NetLoad.PrepareDatagrams(Number(1));
            case "tcp" or "vsock":
                return NetLoad.PrepareStream(words[0] == "vsock", words[1], Number(2));
            case "load":
                return () => MixedLoad.Run(Number(1));
            case "files":
                return () => FileSystems.Check(words[1]);
            case "off":
                return PowerOff.Now;
            case "button":
                return PowerOff.AtButton;
            case "nothing":
                return static () => { };
            default:
                throw new InvalidDataException($"expected a command, found '{words[0]}'");
        }
    }

    private static void SilenceEcho()
    {
        // struct termios of the kernel: four words of flags, line discipline, 19 control characters.
        byte* terminal = stackalloc byte[64];
        // SAFETY: the kernel reads and writes 36 bytes; ECHO is bit 3 of the fourth word.
        if (Libc.ioctl(0, GetTerminal, terminal) == 0)
        {
            ((uint*)terminal)[3] &= ~8u;
            _ = Libc.ioctl(0, SetTerminal, terminal);
        }
    }

    private static string? ReadLine()
    {
        // The terminal hands out whole lines.
        byte* line = stackalloc byte[512];
        // SAFETY: the kernel writes at most 512 bytes.
        nint count = Libc.read(0, line, 512);
        return count <= 0 ? null : Encoding.ASCII.GetString(line, (int)count).Trim();
    }

    private static void Write(string line) => Fd.WriteOnce(1, Encoding.ASCII.GetBytes(line + "\n"));
}
