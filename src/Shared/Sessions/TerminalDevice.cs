using System.Runtime.InteropServices;
using MicroVm.Shared.Interop;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Shared.Sessions;

/// <summary>The terminal at standard input.</summary>
public sealed class TerminalDevice : ITerminalDevice
{
    private const int StandardInput = 0;

    private TerminalDevice()
    {
    }

    /// <summary>The terminal; null when standard input is none.</summary>
    public static TerminalDevice? OfInput() => OperatingSystem.IsLinux() && Libc.isatty(StandardInput) == 1 ? new TerminalDevice() : null;

    /// <summary>
    /// Standard input byte by byte. <see cref="Console"/>'s own stream reads lines from a terminal, and sets its mode to do so.
    /// </summary>
    public static Stream OpenInput() => OfInput() is null
        ? Console.OpenStandardInput()
        : new FileStream(new SafeFileHandle(StandardInput, ownsHandle: false), FileAccess.Read, bufferSize: 0);

    /// <inheritdoc/>
    public (int Rows, int Columns) Size =>
        Libc.ioctl(StandardInput, Libc.TIOCGWINSZ, out WindowSize size) == 0 ? (size.Rows, size.Columns) : (0, 0);

    /// <inheritdoc/>
    public IDisposable EnterRaw() => new RawMode();

    /// <inheritdoc/>
    public IDisposable OnResized(Action changed) => OperatingSystem.IsLinux()
        ? PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => changed())
        : throw new PlatformNotSupportedException();

    /// <summary>
    /// Gives the terminal its mode back on every way out that a process can see: the end of the session, a signal that ends the
    /// process, and its exit from anywhere.
    /// </summary>
    private sealed class RawMode : IDisposable
    {
        private readonly List<PosixSignalRegistration> _signals = [];
        private Termios _before;
        private int _restored = 1;

        internal RawMode()
        {
            if (Libc.tcgetattr(StandardInput, out _before) != 0)
            {
                return;
            }

            Termios raw = _before;
            Libc.cfmakeraw(ref raw);
            AppDomain.CurrentDomain.ProcessExit += OnExit;
            foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGHUP, PosixSignal.SIGQUIT, PosixSignal.SIGTERM])
            {
                _signals.Add(PosixSignalRegistration.Create(signal, _ => Restore()));
            }

            Volatile.Write(ref _restored, 0);
            Libc.tcsetattr(StandardInput, Libc.TCSADRAIN, in raw);
        }

        public void Dispose()
        {
            Restore();
            AppDomain.CurrentDomain.ProcessExit -= OnExit;
            _signals.ForEach(static signal => signal.Dispose());
        }

        private void OnExit(object? sender, EventArgs args) => Restore();

        private void Restore()
        {
            if (Interlocked.Exchange(ref _restored, 1) == 0)
            {
                Libc.tcsetattr(StandardInput, Libc.TCSADRAIN, in _before);
            }
        }
    }
}
