using System.Text;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Supervision;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Probes;

/// <summary>Looks by running a program: exit code 0 is success. The beginning of what it says is part of the finding, the rest is dropped.</summary>
internal sealed class ExecLook : IProbeLook
{
    private const int KillNow = 9;
    private const int KeptBytes = 200;

    private readonly EventLoop _loop;
    private readonly Action<ProbeFinding> _onFound;
    private readonly StageStatus _status = new();
    private readonly string _program;
    private readonly byte[] _said = new byte[KeptBytes];
    private readonly int _output;
    private int _saidLength;
    private int _pid;
    private bool _outputOpen = true;
    private bool _cancelled;

    private ExecLook(EventLoop loop, string program, Action<ProbeFinding> onFound)
    {
        _loop = loop;
        _program = program;
        _onFound = onFound;
        (_output, OutputWriteEnd) = Pipes.Make("probe");
    }

    public bool IsOver { get; private set; }

    private int OutputWriteEnd { get; }

    /// <summary>Starts the program.</summary>
    /// <exception cref="OsFaultException">It could not be started.</exception>
    internal static ExecLook Start(EventLoop loop, StageLauncher launcher, WorkloadPlan plan, Action<ProbeFinding> onFound)
    {
        int nullFd = Fd.Open("/dev/null", Fd.ReadOnly);
        ExecLook look = new(loop, plan.Arguments[0], onFound);
        try
        {
            look._pid = launcher.Start(plan, nullFd, look.OutputWriteEnd, look.OutputWriteEnd, look._status.WriteEnd);
        }
        catch (OsFaultException)
        {
            _ = Libc.close(look._output);
            _ = Libc.close(look._status.ReadEnd);
            throw;
        }
        finally
        {
            _ = Libc.close(nullFd);
            _ = Libc.close(look.OutputWriteEnd);
            _ = Libc.close(look._status.WriteEnd);
        }

        loop.Watch(look._output, EventLoop.In, _ => look.TakeOutput());
        return look;
    }

    public void Cancel()
    {
        if (IsOver)
        {
            return;
        }

        _cancelled = true;
        ProcessGroup.Signal(_pid, KillNow);
    }

    public bool TakeEnd(int pid, int exitCode)
    {
        if (pid != _pid || IsOver)
        {
            return false;
        }

        IsOver = true;
        while (_outputOpen && _saidLength < KeptBytes && TakeOutput())
        {
        }

        _ = _status.Read();
        _ = Libc.close(_status.ReadEnd);
        CloseOutput();
        if (!_cancelled)
        {
            _onFound(Finding(exitCode));
        }

        return true;
    }

    private ProbeFinding Finding(int exitCode)
    {
        if (_status.Failure is WorkloadException failure)
        {
            return new ProbeFinding(false, failure.Message);
        }

        string said = Encoding.UTF8.GetString(_said.AsSpan(0, _saidLength)).ReplaceLineEndings(" ").Trim();
        return new ProbeFinding(exitCode == 0, said.Length == 0 ? $"{_program}: exit code {exitCode}" : $"{_program}: exit code {exitCode}: {said}");
    }

    /// <summary>Takes a piece of output; false when there is none now.</summary>
    private bool TakeOutput()
    {
        Span<byte> chunk = stackalloc byte[1024];
        int count = Fd.Read(_output, chunk, "probe");
        if (count == 0)
        {
            CloseOutput();
        }

        if (count > 0)
        {
            int kept = Math.Min(count, KeptBytes - _saidLength);
            chunk[..kept].CopyTo(_said.AsSpan(_saidLength));
            _saidLength += kept;
        }

        return count > 0;
    }

    private void CloseOutput()
    {
        if (_outputOpen)
        {
            _outputOpen = false;
            _loop.Close(_output);
        }
    }
}
