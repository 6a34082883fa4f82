import { Link } from '@/components/ui/link';
import { Logo } from '@/components/layout/Logo';
import { buttonClass } from '@/components/ui/button';

export const metadata = { title: 'Not here' };

export default function NotFound() {
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col items-start justify-center gap-5 p-6">
      <Logo />
      <h1 className="font-serif text-display">There is nothing at this address.</h1>
      <p className="text-soft">The link may be old, or the session was deleted.</p>
      <Link href="/" className={buttonClass()}>
        Go to the start
      </Link>
    </main>
  );
}
