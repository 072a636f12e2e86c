using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Supervision;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Sessions;

/// <summary>
/// A program of a session, with pipes or a terminal. The session ends when the program does and what it wrote until then is
/// sent; what it left running goes on. When the other side goes away the program's group is hung up, and killed after a while.
/// </summary>
internal sealed class ExecTask : ISessionTask
{
    /// <summary>What a program that was hung up has to end, in milliseconds.</summary>
    internal const int HangUpMilliseconds = 5_000;

    private const int HangUp = 1, KillNow = 9, Continue = 18, LastSignal = 64;
    private const byte EndOfTransmission = 4;

    // A terminal gives what was written to it a moment later; that of a program that ended says its end by itself.
    private const int DrainMilliseconds = 1_000;

    private readonly EventLoop _loop;
    private readonly SessionConnection _connection;
    private readonly StageStatus _status = new();
    private readonly bool _isTerminal;
    private SessionStream? _input;
    private SessionStream? _output;
    private SessionStream? _errors;
    private int _terminalFd = -1;
    private int _pid;
    private int _exitCode;
    private bool _inputEnds;
    private bool _ended;
    private bool _abandoned;

    private ExecTask(EventLoop loop, SessionConnection connection, bool isTerminal)
    {
        _loop = loop;
        _connection = connection;
        _isTerminal = isTerminal;
    }

    public bool TakesFrames => _input is null or { IsFull: false };

    public bool IsOver { get; private set; }

    public long Due { get; private set; } = long.MaxValue;

    /// <summary>Set when the workload's end is what ends the program.</summary>
    internal string Fault { get; set; } = "";

    /// <summary>Starts the program.</summary>
    /// <exception cref="OsFaultException">It could not be started.</exception>
    internal static ExecTask Start(EventLoop loop, SessionConnection connection, StageLauncher launcher, WorkloadPlan plan, SessionOpen open)
    {
        ExecTask task = new(loop, connection, open.Terminal);
        try
        {
            if (open.Terminal)
            {
                task.StartOnTerminal(launcher, plan, open);
            }
            else
            {
                task.StartOnPipes(launcher, plan);
            }
        }
        catch (OsFaultException)
        {
            task.CloseStreams();
            _ = Libc.close(task._status.ReadEnd);
            _ = Libc.close(task._status.WriteEnd);
            throw;
        }

        _ = Libc.close(task._status.WriteEnd);
        loop.Watch(task._status.ReadEnd, EventLoop.In, _ => task.TakeStatus());
        return task;
    }

    public void Take(SessionFrame frame)
    {
        switch (frame.Kind)
        {
            case SessionFrameKind.Input:
                _input?.Write(frame.Content.Span);
                break;
            case SessionFrameKind.InputEnd:
                _inputEnds = true;
                EndInput();
                break;
            case SessionFrameKind.Resize when _isTerminal && !_ended:
                Terminal.Resize(_terminalFd, frame.Content.Span);
                break;
            case SessionFrameKind.Signal when frame.Content.Length == 1 && frame.Content.Span[0] is > 0 and <= LastSignal && !_ended:
                ProcessGroup.Signal(_pid, frame.Content.Span[0]);
                break;
            default:
                // Nothing that this kind of session knows, or too late.
                break;
        }
    }

    public void Resume()
    {
        _output?.UpdateInterest();
        _errors?.UpdateInterest();
    }

    public void Abandon()
    {
        if (_abandoned || IsOver)
        {
            return;
        }

        _abandoned = true;
        CloseStreams();
        if (_ended)
        {
            IsOver = true;
            return;
        }

        ProcessGroup.Signal(_pid, HangUp);
        // One that is stopped would not see it.
        ProcessGroup.Signal(_pid, Continue);
        Due = Environment.TickCount64 + HangUpMilliseconds;
    }

    public void ServeDeadline(long now)
    {
        Due = long.MaxValue;
        if (!_ended)
        {
            ProcessGroup.Signal(_pid, KillNow);
            return;
        }

        _output?.Close();
        Settle();
    }

    public bool TakeEnd(int pid, int exitCode)
    {
        if (_ended || pid != _pid)
        {
            return false;
        }

        if (!_status.IsKnown)
        {
            TakeStatus();
        }

        _ended = true;
        _exitCode = exitCode;
        if (_abandoned)
        {
            // What is left of its group ignored the hang-up.
            _ = Libc.kill(-pid, KillNow);
            IsOver = true;
            return true;
        }

        if (_isTerminal)
        {
            Due = Environment.TickCount64 + DrainMilliseconds;
        }
        else
        {
            _output!.EndWithWhatIsThere();
            _errors!.EndWithWhatIsThere();
        }

        Settle();
        return true;
    }

    private void StartOnPipes(StageLauncher launcher, WorkloadPlan plan)
    {
        (int inputRead, int inputWrite) = Pipes.MakeForWriting("stdin");
        _input = new SessionStream(_loop, inputWrite, _connection, SessionFrameKind.Input, Settle);
        (int outputRead, int outputWrite) = Pipes.Make("stdout");
        _output = new SessionStream(_loop, outputRead, _connection, SessionFrameKind.Output, Settle);
        (int errorRead, int errorWrite) = Pipes.Make("stderr");
        _errors = new SessionStream(_loop, errorRead, _connection, SessionFrameKind.ErrorOutput, Settle);
        // A program that runs as somebody else opens /dev/stdin or /dev/stdout anew, which asks for the pipe's permissions.
        foreach (int fd in (ReadOnlySpan<int>)[inputRead, outputWrite, errorWrite])
        {
            _ = Libc.fchown(fd, plan.Identity.Uid, plan.Identity.Gid);
        }

        StartAndClose(launcher, plan, [inputRead, outputWrite, errorWrite]);
    }

    private void StartOnTerminal(StageLauncher launcher, WorkloadPlan plan, SessionOpen open)
    {
        (int ours, int program) = Terminal.Open(open.Rows, open.Columns, plan.Identity.Uid);
        _terminalFd = ours;
        _output = new SessionStream(_loop, ours, _connection, SessionFrameKind.Output, Settle);
        _input = _output;
        StartAndClose(launcher, plan, [program, program, program]);
    }

    private void StartAndClose(StageLauncher launcher, WorkloadPlan plan, ReadOnlySpan<int> descriptors)
    {
        try
        {
            _pid = launcher.Start(plan, [.. descriptors, _status.WriteEnd]);
        }
        finally
        {
            for (int i = 0; i < descriptors.Length; i++)
            {
                if (i == 0 || descriptors[i] != descriptors[i - 1])
                {
                    _ = Libc.close(descriptors[i]);
                }
            }
        }
    }

    private void TakeStatus()
    {
        if (!_status.Read())
        {
            return;
        }

        _loop.Close(_status.ReadEnd);
        if (_status.Failure is null)
        {
            _connection.Send(SessionFrameKind.Opened);
        }
    }

    /// <summary>Closes standard input behind what waits to be written; at a terminal it is a character.</summary>
    private void EndInput()
    {
        if (_input is not { IsFull: false } input)
        {
            return;
        }

        _inputEnds = false;
        if (_isTerminal)
        {
            input.Write([EndOfTransmission]);
            return;
        }

        input.Close();
        _input = null;
    }

    /// <summary>Something moved: input has room again, or the last of the output was sent.</summary>
    private void Settle()
    {
        if (_abandoned || IsOver)
        {
            return;
        }

        if (_ended && _output is null or { IsAtEnd: true } && _errors is null or { IsAtEnd: true })
        {
            Due = long.MaxValue;
            IsOver = true;
            CloseStreams();
            string fault = _status.Failure?.Message ?? Fault;
            _connection.Finish(_status.Failure?.ExitCode ?? _exitCode, fault);
            return;
        }

        if (_inputEnds)
        {
            EndInput();
        }

        if (TakesFrames)
        {
            _connection.TakeFrames();
        }
    }

    private void CloseStreams()
    {
        _input?.Close();
        _output?.Close();
        _errors?.Close();
        _input = null;
    }
}
